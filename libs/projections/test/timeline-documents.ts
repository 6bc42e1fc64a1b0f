import { jest } from '@jest/globals';
import { directRoom, GLOBAL_ROOM, type Room } from '#domain';
import { type Document, type DocumentStore, memoryReadModels } from '#read-models';
import {
  type ChangeDocument,
  type HeadDocument,
  type InboxDocument,
  inboxId,
  type MessageDocument,
  placeId,
  type SeenDocument,
  seenId,
  Timeline,
  timelineCollections,
} from '../src/index.js';

export const at = (minute: number) => `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`;

/** Message `n`, which was change `rev0` of its room; `rev` is its last change. */
export const message = (n: number, rev0: number, { rev = rev0, room = GLOBAL_ROOM } = {}): MessageDocument => ({
  ...{ _id: placeId(room, n), seq: rev, room, n, rev0, rev, messageId: `${room} ${n}` },
  ...{ sender: { id: '1', name: 'Ada', avatar: null }, content: `m${n}`, feeling: null, reactions: [], at: at(n) },
  sent: null,
  people: [],
});
/** Change `rev` of a room, of message `n`, when there were `lastN`. */
export const change = (rev: number, n: number, lastN: number, room: Room = GLOBAL_ROOM): ChangeDocument => ({
  ...{ _id: placeId(room, rev), seq: 100 + rev, room, n, rev, lastN },
});

/** A head that counts so much. */
export const head = (n: number, rev: number, room: Room = GLOBAL_ROOM): HeadDocument => ({
  ...{ _id: room, seq: rev, n, rev, chat: null },
});

export const chat = directRoom('1', '2');
export const seen = (n: number, userId = '1', room: Room = chat): SeenDocument => ({
  ...{ _id: seenId(room, userId, n), seq: n, room, userId, n, at: at(n) },
});
export const entry = (userId: string, receiverId: string, updatedSeq: number): InboxDocument => {
  const room = directRoom(userId, receiverId);
  return {
    ...{ _id: inboxId(userId, room), seq: updatedSeq, room, n: 0, rev: 0, chatId: updatedSeq, userId, receiverId },
    ...{ users: ['1', '2'], createdAt: at(0), updatedAt: at(0), updatedSeq, last: null, seenN: 0, unread: 0 },
  };
};

export type Contents = Partial<Record<(typeof timelineCollections)[number]['name'], readonly Document[]>>;

export const write = async (store: DocumentStore, contents: Contents) => {
  for (const [collection, documents] of Object.entries(contents)) {
    await store.write(
      collection,
      documents.map((document) => ({ document, known: false })),
    );
  }
};

export async function holding(contents: Contents): Promise<DocumentStore> {
  const store = memoryReadModels().projection('timeline', 1);
  await store.setUp(timelineCollections);
  await write(store, contents);
  return store;
}

export const timelineOf = async (contents: Contents) => new Timeline(await holding(contents));

/** Of a range only what was asked for, as a server answers it. */
const asked = <D extends Document>(documents: readonly D[], fields: readonly string[] | undefined): D[] =>
  documents.map((document) => {
    if (!fields) return document;
    const kept = Object.entries(document).filter(([name]) => ['_id', 'seq', ...fields].includes(name));
    return Object.fromEntries(kept) as unknown as D;
  });

/** The timeline on a store that is written to between two readings: before the n-th range, the n-th of these. */
export function written(store: DocumentStore, before: Readonly<Record<number, Contents>>) {
  const counted = { ranges: 0, ids: [] as string[] };
  const meanwhile: DocumentStore = {
    setUp: (collections) => store.setUp(collections),
    get: (collection, ids) => {
      counted.ids.push(...ids);
      return store.get(collection, ids);
    },
    findBy: (collection, field, values) => store.findBy(collection, field, values),
    write: (collection, writes) => store.write(collection, writes),
    highest: (collection, range) => store.highest(collection, range),
    range: async (collection, range) => {
      const due = before[++counted.ranges];
      if (due) await write(store, due);
      return asked(await store.range(collection, range), range.fields);
    },
  };
  return { timeline: new Timeline(meanwhile), counted };
}

/** Pauses end at once; answers how long they would have been, in ms. */
export function hurry(): { ms: number } {
  const paused = { ms: 0 };
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((end: () => void, ms: number) => {
    paused.ms += ms;
    setImmediate(end);
  }) as typeof setTimeout);
  return paused;
}
