import type { ArgumentsHost } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { NewerEvent } from '#domain';
import { LogUnavailable, OutcomeUnknown } from '#event-store';
import { type Fault, FrameRefused, INTERNAL, UNAVAILABLE, UNKNOWN } from '#protocol';
import { ReadModelsUnavailable } from '#read-models';
import { FaultFilter } from '../src/socket/fault-filter.js';

let told: Fault[];
let warned: string[];
let reported: unknown[][];

beforeEach(() => {
  jest.useFakeTimers();
  [told, warned, reported] = [[], [], []];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: string) => warned.push(line));
  jest.spyOn(Logger.prototype, 'error').mockImplementation((...line: unknown[]) => reported.push(line));
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** What a client is told where a handler has thrown this. */
function refused(filter: FaultFilter, error: unknown): Fault | undefined {
  const session = { refuse: (fault: Fault) => told.push(fault), waitedInVain: () => undefined };
  filter.catch(error, { switchToWs: () => ({ getClient: () => session }) } as unknown as ArgumentsHost);
  return told.at(-1);
}

it('a refusal is told as it is, and nobody else hears of it', () => {
  const fault: Fault = { code: 'not_found', field: 'chat_id', message: 'no such chat' };
  expect(refused(new FaultFilter(), new FrameRefused(fault))).toBe(fault);
  expect([warned, reported]).toEqual([[], []]);
});

it('where a server is away, what becomes of it is told apart: not done, or perhaps', () => {
  const filter = new FaultFilter();
  expect(refused(filter, new LogUnavailable('NATS is away'))).toBe(UNAVAILABLE);
  expect(refused(filter, new ReadModelsUnavailable('MongoDB is away'))).toBe(UNAVAILABLE);
  expect(refused(filter, new OutcomeUnknown('no answer'))).toBe(UNKNOWN);
  expect(warned).toEqual(['NATS is away', 'MongoDB is away', 'no answer']);
  expect(reported).toEqual([]);
});

it('what only a newer release can read is for another gateway, and no error of ours', () => {
  expect(refused(new FaultFilter(), new NewerEvent('unknown event Sung version 4'))).toBe(UNAVAILABLE);
  expect([warned, reported]).toEqual([['unknown event Sung version 4'], []]);
});

it('an error of ours is reported with its place, and the client is told no more than that', () => {
  const error = new Error('a secret');
  expect(refused(new FaultFilter(), error)).toBe(INTERNAL);
  expect(refused(new FaultFilter(), 'thrown')).toBe(INTERNAL);
  expect(reported).toEqual([
    ['a secret', error.stack],
    ['thrown', ''],
  ]);
  expect(JSON.stringify(told)).not.toContain('secret');
});

it.each([
  ['while a server is away', () => warned, new LogUnavailable('NATS is away')],
  ['by an error of ours', () => reported, new Error('a fault of ours')],
])('the log is not flooded %s', (_, lines, error) => {
  const filter = new FaultFilter();
  for (let i = 0; i < 500; i++) refused(filter, error);
  expect([told.length, lines().length]).toEqual([500, 20]);
  jest.advanceTimersByTime(10_000);
  expect(lines()).toHaveLength(21);
});
