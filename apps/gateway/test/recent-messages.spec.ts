import { afterEach, expect, it, jest } from '@jest/globals';
import { setTimeout as pass } from 'node:timers/promises';
import { RecentMessages } from '../src/commands/recent-messages.js';

afterEach(() => {
  jest.restoreAllMocks();
});

it('a message is recent for a minute', async () => {
  let now = 1_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const isRecentAfter = async (ms: number, id = 'a') => {
    const recent = new RecentMessages();
    recent.add('a');
    now += ms;
    // The cache looks at the clock once in a millisecond.
    await pass(5);
    return recent.has(id);
  };
  expect([await isRecentAfter(0), await isRecentAfter(0, 'b')]).toEqual([true, false]);
  expect([await isRecentAfter(60_000), await isRecentAfter(60_001)]).toEqual([true, false]);
});

it('so many are remembered, the latest', () => {
  const recent = new RecentMessages();
  for (let i = 0; i < 200_002; i++) recent.add(`m${i}`);
  expect(['m0', 'm1', 'm2', 'm200001'].map((id) => recent.has(id))).toEqual([false, false, true, true]);
});

it('one that is added twice is there until its later place is another’s', () => {
  const recent = new RecentMessages();
  for (const id of ['a', 'a']) recent.add(id);
  for (let i = 0; i < 199_999; i++) recent.add(`m${i}`);
  expect(recent.has('a')).toBe(true);
  recent.add('b');
  expect(recent.has('a')).toBe(false);
});

it('one that is added again is as recent as the last time, and the place it had is forgotten with it', () => {
  const recent = new RecentMessages();
  recent.add('a');
  for (let i = 0; i < 199_999; i++) recent.add(`m${i}`);
  recent.add('a');
  recent.add('b');
  expect(['a', 'm0', 'm1', 'b'].map((id) => recent.has(id))).toEqual([true, false, true, true]);
});
