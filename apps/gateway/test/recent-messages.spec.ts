import { afterAll, expect, it, jest } from '@jest/globals';

// The cache takes the clock that it finds when it is loaded.
jest.useFakeTimers();
const { RecentMessages } = await import('../src/commands/recent-messages.js');
afterAll(() => {
  jest.useRealTimers();
});

it('a message is recent for a minute', () => {
  const recent = new RecentMessages();
  recent.add('a');
  expect([recent.has('a'), recent.has('b')]).toEqual([true, false]);
  jest.advanceTimersByTime(59_900);
  expect(recent.has('a')).toBe(true);
  jest.advanceTimersByTime(200);
  expect(recent.has('a')).toBe(false);
});

it('so many are remembered, the latest', () => {
  const recent = new RecentMessages();
  for (let i = 0; i < 200_002; i++) recent.add(`m${i}`);
  expect(['m0', 'm1', 'm2', 'm200001'].map((id) => recent.has(id))).toEqual([false, false, true, true]);
});
