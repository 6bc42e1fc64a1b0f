import { beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom } from '#domain';
import {
  type Change,
  type DocumentStore,
  memoryReadModels,
  type MessageDocument,
  placeId,
  Timeline,
} from '#read-models';
import { RoomCursor } from '../src/room-cursor.js';

const room = clanRoom('7');

const message = (n: number): MessageDocument => ({
  _id: placeId(room, n),
  seq: n,
  room,
  n,
  rev0: n,
  rev: n,
  messageId: String(n).padStart(24, '0'),
  sender: { id: '1', name: 'Ada', avatar: null },
  content: `message ${n}`,
  feeling: null,
  reactions: [],
  at: '2026-01-01T00:00:00.000Z',
  sent: null,
});
const changes = (from: number, to: number): Change[] =>
  Array.from({ length: to - from }, (_, i) => ({ rev: from + 1 + i, kind: 'message', message: message(from + 1 + i) }));
const update = (from: number, to: number) => ({ type: 'room', room, from, to, changes: changes(from, to) }) as const;

describe('a cursor', () => {
  let store: DocumentStore;
  let cursor: RoomCursor;
  let told: number[];
  let lost: number;

  const stored = (upTo: number) =>
    store.write(
      'messages',
      changes(0, upTo).map((change) => ({ document: change.message, known: false })),
    );
  const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

  beforeEach(async () => {
    store = memoryReadModels().projection('timeline', 1);
    await store.setUp([{ name: 'messages' }, { name: 'changes' }]);
    told = [];
    lost = 0;
    cursor = new RoomCursor(room, new Timeline(store), {
      changed: (list) => told.push(...list.map(({ rev }) => rev)),
      lostTrack: () => lost++,
    });
  });

  it('tells updates in order, and drops what it had', () => {
    cursor.start({ n: 2, rev: 2 });
    cursor.accept(update(0, 2));
    cursor.accept(update(2, 3));
    cursor.accept(update(2, 3));
    cursor.accept(update(1, 5));
    expect(told).toEqual([3, 4, 5]);
  });

  it('keeps updates until it knows where the room stands', () => {
    cursor.accept(update(0, 1));
    cursor.accept(update(1, 2));
    expect(told).toEqual([]);
    cursor.start({ n: 1, rev: 1 });
    expect(told).toEqual([2]);
  });

  it('reads what is missing, and then what has come meanwhile', async () => {
    cursor.start({ n: 1, rev: 1 });
    await stored(5);
    cursor.accept(update(4, 5));
    cursor.accept(update(5, 6));
    expect(told).toEqual([]);
    await settled();
    expect(told).toEqual([2, 3, 4, 5, 6]);
  });

  it('tells nothing while it is paused, and all of it afterwards', async () => {
    cursor.start({ n: 1, rev: 1 });
    cursor.pause();
    await stored(4);
    cursor.accept(update(1, 2));
    await settled();
    expect(told).toEqual([]);
    cursor.resume();
    cursor.accept(update(4, 5));
    await settled();
    expect(told).toEqual([2, 3, 4, 5]);
  });

  it('tells many missed changes in pieces, and stops between two of them when paused', async () => {
    await stored(1_000);
    cursor.start({ n: 0, rev: 0 }, true);
    while (told.length === 0) await new Promise(setImmediate);
    cursor.pause();
    await settled();
    const before = told.length;
    expect(before).toBeLessThan(1_000);
    cursor.resume();
    while (told.length < 1_000) await new Promise(setImmediate);
    expect(told).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1));
  });

  it('says so where too much was missed, and goes on from there', async () => {
    await stored(6_000);
    cursor.start({ n: 0, rev: 0 });
    cursor.accept(update(5_999, 6_000));
    await settled();
    expect(lost).toBe(1);
    expect(told).toEqual([]);
    cursor.accept(update(6_000, 6_001));
    expect(told).toEqual([6_001]);
  });
});
