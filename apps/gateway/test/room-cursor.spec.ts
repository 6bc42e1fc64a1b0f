import { beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom } from '#domain';
import {
  type Change,
  type DocumentStore,
  memoryReadModels,
  type MessageDocument,
  type Pinned,
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
const update = (from: number, to: number) =>
  ({ type: 'room', version: 1, room, from, to, changes: changes(from, to) }) as const;

describe('a cursor', () => {
  let store: DocumentStore;
  let pinned: Pinned<Timeline>;
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
    pinned = { version: 1, earlier: [], queries: new Timeline(store) };
    told = [];
    lost = 0;
    cursor = new RoomCursor(room, {
      changed: (list) => told.push(...list.map(({ rev }) => rev)),
      lostTrack: () => lost++,
    });
  });

  it('tells updates in order, and drops what it had', () => {
    cursor.start(pinned, { n: 2, rev: 2 });
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
    cursor.start(pinned, { n: 1, rev: 1 });
    expect(told).toEqual([2]);
  });

  it('reads what is missing, and then what has come meanwhile', async () => {
    cursor.start(pinned, { n: 1, rev: 1 });
    await stored(5);
    cursor.accept(update(4, 5));
    cursor.accept(update(5, 6));
    expect(told).toEqual([]);
    await settled();
    expect(told).toEqual([2, 3, 4, 5, 6]);
  });

  it('tells nothing while it is paused, and all of it afterwards', async () => {
    cursor.start(pinned, { n: 1, rev: 1 });
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
    cursor.start(pinned, { n: 0, rev: 0 }, true);
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
    cursor.start(pinned, { n: 0, rev: 0 });
    cursor.accept(update(5_999, 6_000));
    await settled();
    expect(lost).toBe(1);
    expect(told).toEqual([]);
    cursor.accept(update(6_000, 6_001));
    expect(told).toEqual([6_001]);
  });

  describe('moved to another version of the timeline', () => {
    const ofVersion = (version: number, from: number, to: number) => ({ ...update(from, to), version });
    let other: Pinned<Timeline>;
    let otherStore: DocumentStore;

    beforeEach(async () => {
      otherStore = memoryReadModels().projection('timeline', 2);
      await otherStore.setUp([{ name: 'messages' }, { name: 'changes' }]);
      other = { version: 2, earlier: [1], queries: new Timeline(otherStore) };
      await stored(3);
    });
    const storedInOther = (documents: readonly MessageDocument[]) =>
      otherStore.write(
        'messages',
        documents.map((document) => ({ document, known: false })),
      );
    const messages = (upTo: number) => changes(0, upTo).map((change) => change.message);

    it('goes on from the same change, and reads what that version has beyond it', async () => {
      cursor.start(pinned, { n: 2, rev: 2 });
      cursor.accept(ofVersion(1, 2, 3));
      cursor.accept(ofVersion(2, 3, 4));
      expect(told).toEqual([3]);
      await storedInOther(messages(5));
      const moved = cursor.move(other);
      cursor.accept(ofVersion(1, 3, 4));
      await moved;
      await settled();
      expect(told).toEqual([3, 4, 5]);
      cursor.accept(ofVersion(1, 5, 6));
      expect(told).toEqual([3, 4, 5]);
      cursor.accept(ofVersion(2, 5, 6));
      expect(told).toEqual([3, 4, 5, 6]);
      expect(lost).toBe(0);
    });

    it('starts in the new one where it had not started yet', async () => {
      await cursor.move(other);
      await storedInOther(messages(4));
      cursor.start(pinned, { n: 3, rev: 3 });
      await settled();
      cursor.accept(ofVersion(2, 4, 5));
      expect(told).toEqual([4, 5]);
    });

    it('tells nothing before it is resumed, where it was paused meanwhile', async () => {
      cursor.start(pinned, { n: 3, rev: 3 });
      await storedInOther(messages(5));
      cursor.pause();
      await cursor.move(other);
      await settled();
      expect(told).toEqual([]);
      cursor.resume(3);
      await settled();
      expect(told).toEqual([4, 5]);
    });

    it('has its audience start over where that version is numbered otherwise', async () => {
      cursor.start(pinned, { n: 3, rev: 3 });
      // The second message is not there, and the later ones have moved up.
      await storedInOther(messages(2).map((document) => ({ ...document, messageId: `other ${document.n}` })));
      await cursor.move(other);
      await settled();
      expect([told, lost]).toEqual([[], 1]);
      cursor.accept(ofVersion(2, 2, 3));
      expect(told).toEqual([3]);
    });
  });
});
