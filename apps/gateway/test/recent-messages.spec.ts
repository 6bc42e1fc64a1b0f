import { beforeEach, describe, expect, it } from '@jest/globals';
import { RecentMessages } from '../src/recent-messages.js';

let recent: RecentMessages;
beforeEach(() => {
  recent = new RecentMessages();
});

describe('recent messages', () => {
  it('are remembered for a minute', () => {
    recent.add('a', 1_000);
    expect([recent.has('a', 1_000), recent.has('b', 1_000)]).toEqual([true, false]);
    expect([recent.has('a', 60_999), recent.has('a', 61_000)]).toEqual([true, false]);
  });

  it('take no place any more once they are too old, each by its last time', () => {
    recent.add('a', 1_000);
    recent.add('b', 2_000);
    recent.add('a', 50_000);
    recent.add('c', 61_999);
    expect(recent.has('b', 2_000)).toBe(true);
    recent.add('c', 62_000);
    expect([recent.has('b', 2_000), recent.has('a', 100_000)]).toEqual([false, true]);
  });

  it('are forgotten, the oldest first, where there are more than 200,000', () => {
    for (let i = 0; i <= 200_000; i++) recent.add(String(i), 1_000 + i / 10_000);
    expect([recent.has('0', 1_020), recent.has('1', 1_020), recent.has('200000', 1_020)]).toEqual([false, true, true]);
  });

  it('are told by the clock where no time is given', () => {
    recent.add('a');
    expect(recent.has('a')).toBe(true);
  });
});
