import { expect, it } from '@jest/globals';
import { RecentMessages } from '../src/commands/recent-messages.js';

it('a message is recent for a minute', () => {
  const recent = new RecentMessages();
  recent.add('a', 1_000);
  expect([recent.has('a', 1_000), recent.has('b', 1_000)]).toEqual([true, false]);
  expect([recent.has('a', 60_999), recent.has('a', 61_000)]).toEqual([true, false]);
});

it('what is older is forgotten with the next one', () => {
  const recent = new RecentMessages();
  recent.add('a', 1_000);
  recent.add('b', 2_000);
  recent.add('c', 61_000);
  // Asked as of then, when both were recent.
  expect(['a', 'b', 'c'].map((id) => recent.has(id, 2_000))).toEqual([false, true, true]);
});

it('so many are remembered, the latest', () => {
  const recent = new RecentMessages();
  for (let i = 0; i < 200_002; i++) recent.add(`m${i}`, 1_000);
  expect(['m0', 'm1', 'm2', 'm200001'].map((id) => recent.has(id, 1_000))).toEqual([false, false, true, true]);
});
