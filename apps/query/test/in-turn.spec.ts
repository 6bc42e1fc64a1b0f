import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { from, lastValueFrom } from 'rxjs';
import { errorAnswer, signDevelopmentToken, Tokens } from '#platform';
import { InTurn, READ_TIME } from '../src/in-turn.js';

/** More than a socket in memory keeps. */
const LARGE = 1_000_000;
const ROOM = 2 * LARGE;

const secret = 'a secret for the tests of 32 bytes and more';

describe('lists over HTTP', () => {
  let server: Server;
  /** Reads that were begun, by person; each ends when it is called. */
  let begun: Map<string, ((list: string) => void)[]>;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date'] });
    begun = new Map();
    const tokens = new Tokens({ secret, leewaySeconds: 0 }, { isRevoked: () => false, hindrance: null });
    const inTurn = new InTurn(tokens, { listSeconds: 30, unreadListBytes: ROOM });
    server = createServer((request, response) => {
      const context = new ExecutionContextHost([request, response], InTurn, () => undefined);
      const userId = request.url!.slice(1);
      const handle = () => {
        const read = new Promise<string>((end) => begun.set(userId, [...(begun.get(userId) ?? []), end]));
        return from(read);
      };
      inTurn
        .intercept(context, { handle })
        .then(lastValueFrom)
        .then(
          (list) => response.end(list),
          (error: unknown) => response.writeHead(errorAnswer(error).statusCode).end(),
        );
    });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  interface Asked {
    /** The server's end. */
    readonly socket: Duplex;
    readonly answer: Promise<IncomingMessage>;
  }
  const authorization = (userId: string) => `Bearer ${signDevelopmentToken(secret, { userId, seconds: 60 })}`;
  function ask(userId: string): Asked {
    const [near, far] = duplexPair();
    server.emit('connection', near);
    const headers = { authorization: authorization(userId) };
    const request = httpRequest({ path: `/${userId}`, headers, createConnection: () => far });
    request.end();
    const answer = once(request, 'response').then(([response]) => response as IncomingMessage);
    answer.catch(() => undefined);
    return { socket: near, answer };
  }
  /** Reads nothing of what comes. */
  function askDeaf(userId: string): Duplex {
    const [near, far] = duplexPair();
    server.emit('connection', near);
    far.write(`GET /${userId} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization(userId)}\r\n\r\n`);
    return near;
  }
  async function textOf({ answer }: Asked): Promise<string> {
    let text = '';
    for await (const chunk of await answer) text += String(chunk);
    return text;
  }
  const turns = async () => {
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  };
  const begunBy = async (userId: string) => {
    await turns();
    return begun.get(userId)?.length ?? 0;
  };

  it('are read one at a time for each person, and a few at a time of all', async () => {
    const asked = ['1', '1', '2', '3', '4', '5'].map(ask);
    expect(await Promise.all(['1', '2', '3', '4', '5'].map(begunBy))).toEqual([1, 1, 1, 1, 0]);
    begun.get('1')![0]!('first');
    expect(await textOf(asked[0]!)).toBe('first');
    expect(await Promise.all(['1', '5'].map(begunBy))).toEqual([1, 1]);
    begun.get('2')![0]!('other');
    expect(await begunBy('1')).toBe(2);
    begun.get('1')![1]!('second');
    expect(await textOf(asked[1]!)).toBe('second');
  });

  it('wait until the client has the one before; who takes too long is cut off', async () => {
    const deaf = askDeaf('1');
    expect(await begunBy('1')).toBe(1);
    begun.get('1')![0]!('x'.repeat(LARGE));
    await turns();
    const next = ask('1');
    jest.advanceTimersByTime(29_999);
    expect([await begunBy('1'), deaf.destroyed]).toEqual([1, false]);
    jest.advanceTimersByTime(1);
    expect([await begunBy('1'), deaf.destroyed]).toEqual([2, true]);
    begun.get('1')![1]!('read');
    expect(await textOf(next)).toBe('read');
  });

  it('are not read while those that nobody reads take too much; then the first of these is cut off', async () => {
    const deaf = [askDeaf('1'), askDeaf('2')];
    for (const [i, person] of ['1', '2'].entries()) {
      expect(await begunBy(person)).toBe(1);
      begun.get(person)![0]!('x'.repeat(LARGE));
      await turns();
      jest.advanceTimersByTime(1_000 * (1 - i));
    }
    const waits = [ask('3'), ask('4')];
    await turns();
    jest.advanceTimersByTime(3_999);
    expect([await begunBy('3'), deaf.map(({ destroyed }) => destroyed)]).toEqual([0, [false, false]]);
    jest.advanceTimersByTime(1);
    await turns();
    expect(deaf.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    expect([await begunBy('3'), await begunBy('4')]).toEqual([1, 1]);
    for (const [i, person] of ['3', '4'].entries()) {
      begun.get(person)![0]!('read');
      expect(await textOf(waits[i]!)).toBe('read');
    }
    // Nobody waits any more.
    jest.advanceTimersByTime(20_000);
    expect(deaf[1]!.destroyed).toBe(false);
    deaf[1]!.destroy();
  });

  it('for which the database takes too long are refused, and leave their turn to the next', async () => {
    const [late, next] = [ask('1'), ask('1')];
    expect(await begunBy('1')).toBe(1);
    jest.advanceTimersByTime(READ_TIME - 1);
    expect(await begunBy('1')).toBe(1);
    jest.advanceTimersByTime(1);
    expect((await late.answer).statusCode).toBe(503);
    expect(await begunBy('1')).toBe(2);
    begun.get('1')![1]!('read');
    expect(await textOf(next)).toBe('read');
  });

  it('whose turn does not come are refused as for the moment', async () => {
    const [, late] = [ask('1'), ask('1')];
    expect(await begunBy('1')).toBe(1);
    jest.advanceTimersByTime(30_000);
    expect((await late.answer).statusCode).toBe(503);
  });

  it('that nobody waits for any more are not read', async () => {
    const [first, gone] = [ask('1'), ask('1')];
    expect(await begunBy('1')).toBe(1);
    gone.socket.destroy();
    const third = ask('1');
    await turns();
    begun.get('1')![0]!('first');
    expect(await textOf(first)).toBe('first');
    expect(await begunBy('1')).toBe(2);
    begun.get('1')![1]!('third');
    expect(await textOf(third)).toBe('third');
  });
});
