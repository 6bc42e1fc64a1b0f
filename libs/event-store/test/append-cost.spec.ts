import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GLOBAL_ROOM, keySequence, type MessageCreated } from '#domain';
import { EventLog, type LogOptions, type Stored } from '../src/index.js';
import { promisesOf } from './count-promises.js';
import { NatsInMemory } from './nats-in-memory.js';

// What an append costs, in things that can be counted on any machine.

const server = new NatsInMemory();
const nextKey = keySequence(Buffer.alloc(8));
let log: EventLog;
const connect = (more: Partial<LogOptions> = {}): Promise<EventLog> =>
  EventLog.connect({ servers: server.address, name: 'test', stream: 'EVENTS', prefix: 'chat', ...more });
beforeAll(async () => {
  await server.start();
  log = await connect();
});
afterAll(async () => {
  await log.close();
  server.stop();
});

function message(): MessageCreated {
  const messageId = nextKey();
  const sender = { id: '1', name: 'Ada', avatar: null };
  const at = '2026-01-01T00:00:00.000Z';
  return { type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${messageId}`, at, messageId, sender, content: 'hi' };
}

/** Fewer than the client writes at once without being asked. */
const APPENDS = 50;

it('what is appended within one turn of the event loop leaves as one write, however many tasks it is of', async () => {
  const write = jest.spyOn(Socket.prototype, 'write');
  const appended: Promise<Stored | 'conflict'>[] = [];
  // As frames come, of one socket after the other: each is a task of its own, with all microtasks after it.
  for (let i = 0; i < APPENDS; i++) setImmediate(() => appended.push(log.append(message())));
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  const writes = write.mock.calls.filter(([data]) => Buffer.from(data).includes('HPUB'));
  write.mockRestore();
  expect([appended.length, writes.length]).toEqual([APPENDS, 1]);
  const stored = (await Promise.all(appended)) as Stored[];
  expect(new Set(stored.map(({ seq }) => seq)).size).toBe(APPENDS);
});

describe('by a clock that stands still', () => {
  let paced: EventLog;
  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    paced = await connect({ appendEveryMs: 16 });
  });
  afterEach(async () => {
    jest.useRealTimers();
    await paced.close();
  });

  it('what is appended within 16 ms after a write leaves as one more, and the first after a quiet moment at once', async () => {
    const write = jest.spyOn(Socket.prototype, 'write');
    const writes = () => write.mock.calls.filter(([data]) => Buffer.from(data).includes('HPUB')).length;
    const appended: Promise<Stored | 'conflict'>[] = [];
    const counts: number[] = [];
    for (const [count, ms] of [
      [1, 0],
      [14, 1],
      [3, 2],
      [1, 100],
      [1, 0],
    ] as const) {
      for (let i = 0; i < count; i++) {
        appended.push(paced.append(message()));
        // Answers to what was sent come meanwhile.
        await nextTurn();
        jest.advanceTimersByTime(ms);
      }
      for (let turn = 0; turn < 3; turn++) await nextTurn();
      counts.push(writes());
    }
    write.mockRestore();
    expect(counts).toEqual([1, 1, 2, 3, 4]);
    await Promise.all(appended);
  });

  it('what finds the window full leaves as soon as it is not, without waiting for the time', async () => {
    const stored = await Promise.all(Array.from({ length: 1_500 }, () => paced.append(message())));
    expect(stored).toHaveLength(1_500);
  });
});

it('an append takes few promises', async () => {
  const count = await promisesOf(async () => {
    await Promise.all(Array.from({ length: APPENDS }, () => log.append(message())));
  });
  // Of the append, of looking at what became of it and of its answer; what waits for each, and the test, count as well.
  expect(count / APPENDS).toBeGreaterThan(3);
  expect(count / APPENDS).toBeLessThan(8);
});

it('what is appended in the turn in which the log is closed is stored all the same', async () => {
  const closed = await connect();
  const appended = closed.append(message());
  await closed.close();
  expect(await appended).toMatchObject({ duplicate: false });
});
