import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import { type Change, type MessageDocument, placeId, type ReactionView } from '#projections';
import { ChangePace } from '../src/feeds/change-pace.js';

const reactions = (count: number): ReactionView[] =>
  Array.from({ length: count }, (_, i) => ({ userId: String(i), userName: `name of ${i}`, emoji: '👍' }));

const change = (n: number, rev: number, reacted = 0): Change => {
  const message: MessageDocument = {
    ...{ _id: placeId(GLOBAL_ROOM, n), seq: rev, room: GLOBAL_ROOM, n, rev0: n, rev, messageId: `message ${n}` },
    ...{ sender: { id: '1', name: 'Ada', avatar: null }, content: 'x', feeling: null, sent: null, people: [] },
    reactions: reactions(reacted),
    at: '2026-01-01T00:00:00.000Z',
  };
  return { rev, kind: 'reaction', message };
};

describe('changes of messages', () => {
  let told: number[];
  let pace: ChangePace;
  const take = (n: number, rev: number, reacted?: number) => {
    pace.take(change(n, rev, reacted), { n: 9, rev: rev - 1 });
  };

  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    pace = new ChangePace(({ rev }) => told.push(rev));
  });
  afterEach(() => {
    pace.forget();
    jest.useRealTimers();
  });

  it('are told at once where they are few', () => {
    for (const rev of [11, 12, 13]) {
      take(1, rev);
      jest.advanceTimersByTime(250);
    }
    expect(told).toEqual([11, 12, 13]);
    jest.advanceTimersByTime(1_000);
    expect([told.length, jest.getTimerCount()]).toEqual([3, 0]);
  });

  it('are told four times a second where they are many, the last one always', () => {
    for (let ms = 0; ms < 1_000; ms += 10) {
      take(1, 100 + ms);
      jest.advanceTimersByTime(10);
    }
    // What ended the interval at 1,000 ms was held since 990 ms.
    expect(told).toEqual([100, 340, 590, 840, 1_090]);
    jest.advanceTimersByTime(250);
    expect([told.length, jest.getTimerCount()]).toEqual([5, 0]);
  });

  it('of one message do not wait for those of another', () => {
    take(1, 11);
    take(1, 12);
    take(2, 13);
    expect(told).toEqual([11, 13]);
    jest.advanceTimersByTime(250);
    expect(told).toEqual([11, 13, 12]);
  });

  it('of many messages with many reactions are told in turn, the last of each always', () => {
    // One person at play: 50 changes a second, each of another message.
    for (let rev = 1; rev <= 250; rev++) {
      take(rev % 50, rev, 500);
      jest.advanceTimersByTime(20);
    }
    // Four in each of five seconds, and the one at the end.
    expect(told).toHaveLength(21);
    jest.advanceTimersByTime(20_000);
    const last = new Map(told.map((rev) => [rev % 50, rev]));
    expect([...last.values()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => 201 + i));
    expect(new Set(told.slice(0, 50).map((rev) => rev % 50)).size).toBe(50);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('with few reactions wait for none of those, and those with fewer for less', () => {
    take(1, 11, 100);
    take(2, 12, 20);
    take(3, 13, 21);
    take(4, 14, 21);
    expect([told, jest.getTimerCount()]).toEqual([[11, 12], 3]);
    jest.advanceTimersByTime(49);
    expect(told).toEqual([11, 12]);
    jest.advanceTimersByTime(2);
    expect(told).toEqual([11, 12, 13]);
    jest.advanceTimersByTime(12);
    expect(told).toEqual([11, 12, 13, 14]);
  });

  it('that wait are not told after a later one of the same message', () => {
    take(1, 11, 100);
    take(2, 12, 21);
    take(2, 13, 20);
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual([11, 13]);
  });

  it('that wait for others are told after a pause, and not once they are forgotten', () => {
    take(1, 11, 100);
    take(2, 12, 100);
    pace.pause();
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual([11]);
    pace.resume();
    expect(told).toEqual([11, 12]);
    take(3, 13, 100);
    pace.forget();
    pace.resume();
    jest.advanceTimersByTime(1_000);
    expect([told, jest.getTimerCount()]).toEqual([[11, 12], 0]);
  });

  it('are not told while it is paused, and the last one afterwards, once', () => {
    take(1, 11);
    take(1, 12);
    pace.pause();
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual([11]);
    pace.resume();
    expect(told).toEqual([11, 12]);
    take(1, 13);
    expect(told).toEqual([11, 12]);
    jest.advanceTimersByTime(250);
    expect(told).toEqual([11, 12, 13]);
  });

  it('are told no more once they are forgotten', () => {
    take(1, 11);
    take(1, 12);
    pace.forget();
    expect(jest.getTimerCount()).toBe(0);
    pace.resume();
    jest.advanceTimersByTime(1_000);
    expect([told, jest.getTimerCount()]).toEqual([[11], 0]);
  });

  it('that are held are told with the message as it is by then, and nothing is told of a message for that', () => {
    const texts: string[] = [];
    pace = new ChangePace(({ rev, message }) => texts.push(`${rev} ${message.content}`));
    const amend = (n: number) => {
      pace.amend({ ...change(n, 99).message, content: 'edited' });
    };
    take(1, 11, 100);
    take(1, 12, 100);
    take(2, 13, 100);
    take(3, 14);
    for (const n of [1, 2, 3, 4]) amend(n);
    jest.advanceTimersByTime(1_000);
    expect(texts).toEqual(['11 x', '14 x', '13 edited', '12 edited']);
  });

  it('are told up to before the first that is held', () => {
    expect(pace.toldUpTo).toBeNull();
    take(1, 11);
    expect(pace.toldUpTo).toBeNull();
    take(1, 12);
    take(2, 13, 100);
    take(3, 14, 100);
    take(1, 15);
    expect([told, pace.toldUpTo]).toEqual([[11, 13], { n: 9, rev: 11 }]);
    jest.advanceTimersByTime(60);
    expect([told, pace.toldUpTo]).toEqual([[11, 13, 14], { n: 9, rev: 11 }]);
    take(3, 16);
    jest.advanceTimersByTime(200);
    expect([told.at(-1), pace.toldUpTo]).toEqual([15, { n: 9, rev: 15 }]);
    take(1, 17);
    pace.forget();
    expect(pace.toldUpTo).toBeNull();
  });
});
