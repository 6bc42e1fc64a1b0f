import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { changeSlowMode, GLOBAL_ROOM } from '#domain';
import { LogUnavailable, OutcomeUnknown } from '#event-store';
import { SLOW_MODE_TOPIC } from '#projections';
import { SlowModes } from '../src/commands/slow-modes.js';
import { setTimeout as pass } from 'node:timers/promises';
import { MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { arrived, ChatInMemory, holdTime, settle } from './chat-in-memory.js';

let chat: ChatInMemory;
let modes: SlowModes;
let others: SlowModes;
beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  modes = new SlowModes(chat.log);
  others = new SlowModes(chat.elsewhere);
  for (const one of [modes, others]) one.onApplicationBootstrap();
  await settle();
});
afterEach(() => {
  for (const one of [modes, others]) one.onApplicationShutdown();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

let keys = 0;
/** In the log, without a word to anybody. */
function decide(seconds: number): number {
  const context = { key: String(++keys).padStart(24, '0'), at: '2026-01-01T00:00:00.000Z' };
  const decision = changeSlowMode({ ...context, room: GLOBAL_ROOM, seconds, by: '9' }, -1);
  if ('refusal' in decision) throw new Error(decision.refusal.message);
  return chat.append(decision.event!);
}
const told = async (seq: number, seconds: number) => {
  chat.elsewhere.live.signal(SLOW_MODE_TOPIC, JSON.stringify({ room: GLOBAL_ROOM, seq, seconds }));
  await settle();
};
const read = () => Promise.all([modes.read(GLOBAL_ROOM), settle()]);
const seconds = () => modes.secondsOf(GLOBAL_ROOM);
const since = (key: string, at = modes, userId = 'ada') => at.sinceLastMs(GLOBAL_ROOM, userId, key);
const speak = (key: string, said: Promise<unknown> = Promise.resolve(), slow = 10) =>
  modes.speak({ room: GLOBAL_ROOM, userId: 'ada', key, seconds: slow }, () => said);

describe('how slow a room is', () => {
  it('is read, and told from then on', async () => {
    expect(seconds()).toBeNull();
    const seq = decide(10);
    await read();
    expect(seconds()).toBe(10);
    await told(seq + 1, 20);
    expect(seconds()).toBe(20);
    // What is older than what is known does not count, whoever says it.
    await told(seq, 30);
    await read();
    expect(seconds()).toBe(20);
  });

  it('is read again half a minute later', async () => {
    jest.useRealTimers();
    let now = 1_000;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const knownAfter = async (ms: number) => {
      const own = new SlowModes(new MemoryLogServer().connect());
      await own.read(GLOBAL_ROOM);
      now += ms;
      // The cache looks at the clock once in a millisecond.
      await pass(5);
      return own.secondsOf(GLOBAL_ROOM);
    };
    expect([await knownAfter(30_000), await knownAfter(30_001)]).toEqual([0, null]);
    clock.mockRestore();
  });

  it('is what was told while it was read', async () => {
    const seq = decide(10);
    const held = chat.log.connection.gates.hold('last answer');
    const reading = modes.read(GLOBAL_ROOM);
    await arrived(held);
    await told(seq + 1, 0);
    held.release();
    await settle();
    await reading;
    expect(seconds()).toBe(0);
  });

  it('is read again after the log was away', async () => {
    await told(1, 10);
    chat.log.connection.lose();
    expect(seconds()).toBeNull();
    chat.log.connection.comeBack();
    await settle();
    decide(5);
    await read();
    expect(seconds()).toBe(5);
  });
});

describe('who has spoken', () => {
  beforeEach(async () => {
    await told(1, 10);
  });

  it('is known here and at the other gateways, and their last message sent again does not count', async () => {
    await speak('a');
    await settle(1_000);
    for (const one of [modes, others]) {
      expect([since('a', one), Math.round(since('b', one)! / 100)]).toEqual([null, 10]);
      expect(since('b', one, 'bob')).toBeNull();
    }
  });

  it('counts here from when it was sent to the log, however long that took', async () => {
    const speaking = speak('a', new Promise((said) => setTimeout(said, 1_000)));
    await settle(1_500);
    await speaking;
    expect([since('b'), since('b', others)].map((ms) => Math.round(ms! / 100))).toEqual([15, 5]);
  });

  it('passes over what another release tells otherwise', async () => {
    for (const text of ['{', 'null', '{"gateway":"x","room":"global","userId":"ada"}']) {
      chat.elsewhere.live.signal('spoke', text);
    }
    await settle();
    expect(since('b')).toBeNull();
  });

  it('is heard of no more once it is shut down', async () => {
    others.onApplicationShutdown();
    await speak('a');
    await settle();
    expect([since('b') === null, since('b', others)]).toEqual([false, null]);
  });

  it('counts at once, before it is said', async () => {
    void speak('a', new Promise(() => undefined));
    expect(since('b')).not.toBeNull();
    await settle();
    expect(since('b', others)).toBeNull();
  });

  it('has not where it was certainly not said, and may have where nobody knows', async () => {
    await expect(speak('a', Promise.reject(new LogUnavailable('away')))).rejects.toThrow(LogUnavailable);
    await settle();
    expect([since('b'), since('b', others)]).toEqual([null, null]);
    await speak('a');
    await settle(1_000);
    await expect(speak('b', Promise.reject(new LogUnavailable('away')))).rejects.toThrow(LogUnavailable);
    expect([since('a'), Math.round(since('c')! / 100)]).toEqual([null, 10]);
    // One that came to be said while another one was refused counts.
    let refuse: (error: Error) => void = () => undefined;
    const refused = speak('c', new Promise((_, reject) => (refuse = reject))).catch(() => undefined);
    await speak('b');
    refuse(new LogUnavailable('away'));
    await refused;
    expect([since('b'), since('a')]).toEqual([null, 0]);
    await expect(speak('d', Promise.reject(new OutcomeUnknown('lost')))).rejects.toThrow(OutcomeUnknown);
    await settle();
    for (const one of [modes, others]) expect([since('d', one), Math.round(since('c', one)! / 100)]).toEqual([null, 0]);
  });

  it('does not wait longer for what is sent again, which is told to nobody', async () => {
    await speak('a');
    await settle(4_000);
    const said = jest.spyOn(chat.log.live, 'signal');
    await speak('a');
    await expect(speak('a', Promise.reject(new OutcomeUnknown('lost')))).rejects.toThrow(OutcomeUnknown);
    expect(said).not.toHaveBeenCalled();
    await settle();
    for (const one of [modes, others]) expect(Math.round(since('b', one)! / 100)).toBe(40);
  });

  it('is nobody’s business in a room that is not slow', async () => {
    const said = jest.spyOn(chat.log.live, 'signal');
    await speak('a', Promise.resolve(), 0);
    expect(said).not.toHaveBeenCalled();
    expect(since('b')).toBeNull();
  });

  it('counts by how slow the room was when it was decided, should that be forgotten meanwhile', async () => {
    chat.log.connection.lose();
    expect(seconds()).toBeNull();
    await speak('a');
    expect(since('b')).not.toBeNull();
  });
});
