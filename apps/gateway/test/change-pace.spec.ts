import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import { type Change, type MessageDocument, placeId } from '#read-models';
import { ChangePace } from '../src/change-pace.js';

const change = (n: number, rev: number): Change => {
  const message: MessageDocument = {
    ...{ _id: placeId(GLOBAL_ROOM, n), seq: rev, room: GLOBAL_ROOM, n, rev0: n, rev, messageId: `message ${n}` },
    ...{ sender: { id: '1', name: 'Ada', avatar: null }, content: 'x', feeling: null, reactions: [], sent: null },
    at: '2026-01-01T00:00:00.000Z',
  };
  return { rev, kind: 'reaction', message };
};

describe('changes of messages', () => {
  let told: number[];
  let pace: ChangePace;
  const take = (n: number, rev: number) => {
    pace.take(change(n, rev));
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
    pace.resume();
    jest.advanceTimersByTime(1_000);
    expect([told, jest.getTimerCount()]).toEqual([[11], 0]);
  });
});
