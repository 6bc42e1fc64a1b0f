import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { httpFault, HttpRefusal } from '#platform';
import { handshakeRefusal, refuseUpgrade } from '../src/socket/upgrade-refusal.js';

let lines: unknown[];
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  lines = [];
  jest.spyOn(Logger.prototype, 'error').mockImplementation((line: unknown) => lines.push(line));
});
afterEach(() => {
  // What was said does not count any more.
  jest.advanceTimersByTime(60_000);
  jest.useRealTimers();
  jest.restoreAllMocks();
});

function answerTo(error: unknown): { head: string[]; body: unknown; socket: PassThrough } {
  const socket = new PassThrough();
  refuseUpgrade(socket, error);
  const [head, body] = String(socket.read()).split('\r\n\r\n');
  return { head: head!.split('\r\n'), body: JSON.parse(body!), socket };
}

describe('an upgrade that is refused', () => {
  it.each<[number, string, readonly string[]]>([
    [400, 'Bad Request', []],
    [401, 'Unauthorized', ['WWW-Authenticate: Bearer']],
    [404, 'Not Found', []],
    [426, 'Upgrade Required', ['Upgrade: websocket', 'Sec-WebSocket-Version: 13']],
    [429, 'Too Many Requests', [expect.stringMatching(/^Retry-After: [1-5]$/) as unknown as string]],
    [503, 'Service Unavailable', [expect.stringMatching(/^Retry-After: [1-5]$/) as unknown as string]],
  ])('with %i says what is wrong, and what comes with that', async (status, name, more) => {
    const { head, body, socket } = answerTo(new HttpRefusal(status, [httpFault('VALIDATION', 'wröng')]));
    const { length } = Buffer.from(JSON.stringify(body));
    expect(head).toEqual([
      `HTTP/1.1 ${status} ${name}`,
      ...['Connection: close', 'Content-Type: application/json', `Content-Length: ${length}`],
      ...more,
    ]);
    expect(body).toMatchObject({ statusCode: status, errors: [{ message: 'wröng' }] });
    await nextTurn();
    expect([socket.destroyed, lines]).toEqual([true, []]);
  });

  it('is told of in the log where the fault is ours, with where it came from, and its client hears nothing of it', () => {
    const error = new Error('a secret');
    const { head, body } = answerTo(error);
    answerTo('a bare word');
    answerTo(Object.assign(new Error('without a stack'), { stack: undefined }));
    expect(head[0]).toBe('HTTP/1.1 500 Internal Server Error');
    expect(JSON.stringify(body)).not.toContain('a secret');
    expect(lines).toEqual([error.stack, 'a bare word', 'without a stack']);
  });

  it('does not flood the log', () => {
    for (let i = 0; i < 100; i++) answerTo(new Error('a secret'));
    expect(lines).toHaveLength(20);
  });
});

it.each([
  ['PUT', 'Missing or invalid Upgrade header', 405, 'a WebSocket is opened with GET'],
  ['GET', 'Missing or invalid Sec-WebSocket-Version header', 426, undefined],
  ['GET', 'Missing or invalid Sec-WebSocket-Key header', 400, undefined],
])('a handshake by %s: %s', (method, message, statusCode, said = `this is no WebSocket handshake: ${message}`) => {
  const refusal = handshakeRefusal(new Error(message), { method } as unknown as IncomingMessage);
  expect(refusal).toMatchObject({ statusCode, errors: [{ message: said }] });
});
