import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, directRoom, GLOBAL_ROOM, type Room } from '#domain';
import { type Document, type DocumentStore, memoryReadModels, firstVersion } from '#read-models';
import {
  type ChangeDocument,
  type InboxDocument,
  inboxId,
  type MessageDocument,
  placeId,
  type SeenDocument,
  seenId,
  ServedTimeline,
  Timeline,
  TIMELINE_FORMAT,
  timelineCollections,
} from '../src/index.js';

const at = (minute: number) => `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`;

/** Message `n`, which was change `rev0` of its room; `rev` is its last change. */
const message = (n: number, rev0: number, { rev = rev0, room = GLOBAL_ROOM } = {}): MessageDocument => ({
  ...{ _id: placeId(room, n), seq: rev, room, n, rev0, rev, messageId: `${room} ${n}` },
  ...{ sender: { id: '1', name: 'Ada', avatar: null }, content: `m${n}`, feeling: null, reactions: [], at: at(n) },
  sent: null,
});
/** Change `rev` of a room, of message `n`, when there were `lastN`. */
const change = (rev: number, n: number, lastN: number, room: Room = GLOBAL_ROOM): ChangeDocument => ({
  ...{ _id: placeId(room, rev), seq: 100 + rev, room, n, rev, lastN },
});

const chat = directRoom('1', '2');
const seen = (n: number, userId = '1', room: Room = chat): SeenDocument => ({
  ...{ _id: seenId(room, userId, n), seq: n, room, userId, n, at: at(n) },
});
const entry = (userId: string, receiverId: string, updatedSeq: number): InboxDocument => {
  const room = directRoom(userId, receiverId);
  return {
    ...{ _id: inboxId(userId, room), seq: updatedSeq, room, n: 0, rev: 0, chatId: updatedSeq, userId, receiverId },
    ...{ users: ['1', '2'], createdAt: at(0), updatedAt: at(0), updatedSeq, last: null, seenN: 0, unread: 0 },
  };
};

type Contents = Partial<Record<(typeof timelineCollections)[number]['name'], readonly Document[]>>;

const write = async (store: DocumentStore, contents: Contents) => {
  for (const [collection, documents] of Object.entries(contents)) {
    await store.write(
      collection,
      documents.map((document) => ({ document, known: false })),
    );
  }
};

async function holding(contents: Contents): Promise<DocumentStore> {
  const store = memoryReadModels().projection('timeline', 1);
  await store.setUp(timelineCollections);
  await write(store, contents);
  return store;
}

const timelineOf = async (contents: Contents) => new Timeline(await holding(contents));

/** Of a range only what was asked for, as a server answers it. */
const asked = <D extends Document>(documents: readonly D[], fields: readonly string[] | undefined): D[] =>
  documents.map((document) => {
    if (!fields) return document;
    const kept = Object.entries(document).filter(([name]) => ['_id', 'seq', ...fields].includes(name));
    return Object.fromEntries(kept) as unknown as D;
  });

/** The timeline on a store that is written to between two readings: before the n-th range, the n-th of these. */
function written(store: DocumentStore, before: Readonly<Record<number, Contents>>) {
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
function hurry(): { ms: number } {
  const paused = { ms: 0 };
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((end: () => void, ms: number) => {
    paused.ms += ms;
    setImmediate(end);
  }) as typeof setTimeout);
  return paused;
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the position of a room', () => {
  it.each<[string, Contents, object]>([
    ['nothing', {}, { n: 0, rev: 0 }],
    ['messages', { messages: [message(1, 1), message(2, 2)] }, { n: 2, rev: 2 }],
    ['a change after them', { messages: [message(1, 1, { rev: 2 })], changes: [change(2, 1, 1)] }, { n: 1, rev: 2 }],
    [
      'a message after a change',
      { messages: [message(1, 1, { rev: 2 }), message(2, 3)], changes: [change(2, 1, 1)] },
      { n: 2, rev: 3 },
    ],
    ['what is in other rooms', { messages: [message(1, 1, { room: clanRoom('3') })] }, { n: 0, rev: 0 }],
  ])('is that of %s', async (_, contents, position) => {
    const { timeline, counted } = written(await holding(contents), {});
    expect(await timeline.position(GLOBAL_ROOM)).toEqual(position);
    expect(counted.ranges).toBe(2);
  });

  it('is read again where a message is there before a change that was before it', async () => {
    const store = await holding({ messages: [message(1, 1, { rev: 2 }), message(2, 3)] });
    const { timeline, counted } = written(store, { 3: { changes: [change(2, 1, 1)] } });
    expect(await timeline.position(GLOBAL_ROOM)).toEqual({ n: 2, rev: 3 });
    expect(counted.ranges).toBe(4);
  });

  it('is read again where a change is there before a message that was before it', async () => {
    const store = await holding({ messages: [message(1, 1, { rev: 3 })], changes: [change(3, 1, 2)] });
    const { timeline } = written(store, { 5: { messages: [message(2, 2)] } });
    expect(await timeline.position(GLOBAL_ROOM)).toEqual({ n: 2, rev: 3 });
  });

  it('is what is there where a projector died in between, after a while', async () => {
    const paused = hurry();
    const store = await holding({ messages: [message(1, 1, { rev: 3 })], changes: [change(3, 1, 2)] });
    const { timeline, counted } = written(store, {});
    expect(await timeline.position(GLOBAL_ROOM)).toEqual({ n: 1, rev: 3 });
    expect(counted.ranges).toBe(24);
    expect(paused.ms).toBeGreaterThan(200);
    expect(paused.ms).toBeLessThan(1_000);
  });
});

describe('what a room stood at', () => {
  const contents = { messages: [message(1, 1, { rev: 3 }), message(2, 2)], changes: [change(3, 1, 2)] };

  it('is named by what happened there, whatever the version', async () => {
    const timeline = await timelineOf(contents);
    expect(await timeline.changeAt(GLOBAL_ROOM, { n: 0, rev: 0 })).toBe('the beginning');
    expect(await timeline.changeAt(GLOBAL_ROOM, { n: 2, rev: 2 })).toBe('global 2 created');
    expect(await timeline.changeAt(GLOBAL_ROOM, { n: 2, rev: 3 })).toBe('global 2 103');
  });

  it('is nothing where this version was never there', async () => {
    const timeline = await timelineOf(contents);
    for (const position of [
      { n: 1, rev: 2 },
      { n: 2, rev: 4 },
      { n: 3, rev: 3 },
    ]) {
      expect(await timeline.changeAt(GLOBAL_ROOM, position)).toBeNull();
    }
  });
});

describe('a page of a room', () => {
  const room = clanRoom('3');
  const messages = [
    ...Array.from({ length: 12 }, (_, i) => message(i + 1, i + 1, { room })),
    message(1, 1, { room: clanRoom('3a') }),
    message(1, 1, { room: clanRoom('2') }),
  ];
  const numbers = async (page: Promise<readonly MessageDocument[]>) => (await page).map(({ n }) => n);

  it('is of the newest, or of those before one', async () => {
    const timeline = await timelineOf({ messages });
    expect(await numbers(timeline.page(room, { limit: 3 }))).toEqual([12, 11, 10]);
    expect(await numbers(timeline.page(room, { before: 10, limit: 3 }))).toEqual([9, 8, 7]);
    expect(await numbers(timeline.page(room, { before: 3, limit: 3 }))).toEqual([2, 1]);
    expect(await numbers(timeline.page(room, { limit: 100 }))).toHaveLength(12);
    for (const before of [1, 0, -5]) expect(await numbers(timeline.page(room, { before, limit: 3 }))).toEqual([]);
  });

  it('is of those after one, oldest first', async () => {
    const timeline = await timelineOf({ messages });
    expect(await numbers(timeline.pageAfter(room, { after: 9, limit: 2 }))).toEqual([10, 11]);
    expect(await numbers(timeline.pageAfter(room, { after: 10, limit: 5 }))).toEqual([11, 12]);
    expect(await numbers(timeline.pageAfter(room, { after: 12, limit: 5 }))).toEqual([]);
  });

  it('ends at its last number, however high that is', async () => {
    const timeline = await timelineOf({ messages: [...messages, message(1_000_000_000, 1_000_000_000)] });
    expect([await timeline.lastN(room), await timeline.lastN(clanRoom('none'))]).toEqual([12, 0]);
    expect(await numbers(timeline.page(GLOBAL_ROOM, { limit: 1 }))).toEqual([1_000_000_000]);
  });

  it('has each message by its id', async () => {
    const timeline = await timelineOf({ messages });
    expect((await timeline.message('clan:3 7'))?.n).toBe(7);
    expect(await timeline.message('clan:3 70')).toBeNull();
  });
});

describe('what happened since a position', () => {
  const contents = {
    messages: [message(1, 1, { rev: 5 }), message(2, 2, { rev: 3 }), message(3, 4)],
    changes: [change(3, 2, 2), change(5, 1, 3)],
  };
  const since = async (timeline: Timeline, n: number, rev: number, max = 100) =>
    (await timeline.changesSince(GLOBAL_ROOM, { n, rev }, max))?.map((one) => [one.rev, one.kind, one.message.n]);

  it('comes in order, each message as it is now', async () => {
    const timeline = await timelineOf(contents);
    const all = [
      [1, 'message', 1],
      [2, 'message', 2],
      [3, 'reaction', 2],
      [4, 'message', 3],
      [5, 'reaction', 1],
    ];
    expect(await since(timeline, 0, 0)).toEqual(all);
    expect(await since(timeline, 2, 2)).toEqual(all.slice(2));
    expect(await since(timeline, 3, 4)).toEqual(all.slice(4));
    expect(await since(timeline, 3, 5)).toEqual([]);
    const changes = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 5);
    expect(changes?.map((one) => one.message.rev)).toEqual([5, 3, 3, 4, 5]);
  });

  it('is read with no message that was read already, and without a pause', async () => {
    hurry();
    const { timeline, counted } = written(await holding(contents), {});
    await since(timeline, 0, 0);
    expect(counted.ids).toEqual([]);
    await since(timeline, 1, 1);
    expect(setTimeout).not.toHaveBeenCalled();
    expect(counted.ids).toEqual([placeId(GLOBAL_ROOM, 1)]);
  });

  it('is as much as was asked for, and nothing where it is more', async () => {
    const timeline = await timelineOf(contents);
    expect(await since(timeline, 0, 0, 5)).toHaveLength(5);
    expect(await since(timeline, 0, 0, 4)).toBeUndefined();
    const messages = Array.from({ length: 9 }, (_, i) => message(i + 1, i + 1));
    expect(await since(await timelineOf({ messages }), 0, 0, 8)).toBeUndefined();
    const changes = Array.from({ length: 9 }, (_, i) => change(i + 2, 1, 1));
    expect(await since(await timelineOf({ messages: [message(1, 1, { rev: 10 })], changes }), 1, 1, 8)).toBeUndefined();
  });

  it('has no holes: what is missing in between is waited for', async () => {
    hurry();
    const store = await holding({ messages: [message(1, 1), message(3, 3)] });
    const { timeline, counted } = written(store, { 5: { messages: [message(2, 2)] } });
    expect(await since(timeline, 0, 0)).toEqual([1, 2, 3].map((n) => [n, 'message', n]));
    expect(counted.ranges).toBe(6);
  });

  it('is given up where a hole stays', async () => {
    const paused = hurry();
    const { timeline, counted } = written(await holding({ messages: [message(2, 2)] }), {});
    expect(await since(timeline, 0, 0)).toBeUndefined();
    expect(counted.ranges).toBe(40);
    expect(paused.ms).toBeGreaterThan(1_000);
    expect(paused.ms).toBeLessThan(3_000);
  });

  it('ends before a change that is there before its message', async () => {
    const timeline = await timelineOf({ messages: [message(1, 1)], changes: [change(2, 2, 2)] });
    expect(await since(timeline, 0, 0)).toEqual([[1, 'message', 1]]);
  });

  it('shows a change on its message as that change left it', async () => {
    hurry();
    const store = await holding({ messages: [message(1, 1)], changes: [change(2, 1, 1)] });
    const { timeline } = written(store, { 3: { messages: [message(1, 1, { rev: 2 })] } });
    const changes = await timeline.changesSince(GLOBAL_ROOM, { n: 1, rev: 1 }, 10);
    expect(changes?.map((one) => [one.rev, one.message.rev])).toEqual([[2, 2]]);
  });

  it('reads a message again that was changed between the two readings', async () => {
    const store = await holding({ messages: [message(1, 1)] });
    const both = { messages: [message(1, 1, { rev: 2 })], changes: [change(2, 1, 1)] };
    const { timeline, counted } = written(store, { 2: both });
    const changes = await timeline.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 10);
    expect(changes?.map((one) => [one.rev, one.kind])).toEqual([
      [1, 'message'],
      [2, 'reaction'],
    ]);
    expect(changes?.at(-1)?.message.rev).toBe(2);
    expect(counted.ranges).toBe(2);
  });
});

describe('the chats of a person', () => {
  it('are listed latest first, nobody else’s among them', async () => {
    const others = [entry('10', '1', 6), entry('0', '1', 7), entry('1:', '2', 8)];
    const timeline = await timelineOf({
      inbox: [entry('1', '2', 3), entry('1', '3', 5), entry('1', '4', 4), ...others],
    });
    const listed = async (userId: string, limit: number, before?: number) =>
      (await timeline.inbox(userId, { limit, ...(before !== undefined && { before }) })).map(
        ({ receiverId }) => receiverId,
      );
    expect(await listed('1', 10)).toEqual(['3', '4', '2']);
    expect(await listed('1', 2)).toEqual(['3', '4']);
    expect(await listed('1', 10, 4)).toEqual(['2']);
    expect(await listed('1:', 10)).toEqual(['2']);
    expect(await listed('2', 10)).toEqual([]);
  });

  it('stand where they stand, however many they are', async () => {
    const inbox = Array.from({ length: 2_500 }, (_, i) => ({ ...entry('1', `u${i}`, i), n: i, rev: i + 1 }));
    const { timeline } = written(await holding({ inbox: [...inbox, entry('10', '1', 9)] }), {});
    const positions = await timeline.chatPositions('1');
    const found = [...positions].sort((a, b) => a.n - b.n);
    expect(found).toEqual(inbox.map(({ room, chatId, n, rev, seq }) => ({ room, chatId, n, rev, seq })));
  });

  it('are found one by one', async () => {
    const timeline = await timelineOf({ inbox: [entry('1', '2', 3)] });
    expect((await timeline.entry('1', directRoom('1', '2')))?.receiverId).toBe('2');
    expect(await timeline.entry('2', directRoom('1', '2'))).toBeNull();
    expect(await timeline.entry('1', directRoom('1', '3'))).toBeNull();
  });
});

describe('when a message was seen', () => {
  const askedOf = async (marks: readonly SeenDocument[], numbers: readonly number[]) => {
    const timeline = await timelineOf({ seen: marks });
    const seenAt = await timeline.seenAt(
      chat,
      '1',
      numbers.map((n) => ({ n })),
    );
    return numbers.map(seenAt);
  };

  it('is the time of the first mark at or above it', async () => {
    const marks = [seen(2), seen(5), seen(9), seen(12)];
    expect(await askedOf(marks, [1, 2, 3, 5, 6, 9])).toEqual([2, 2, 5, 5, 9, 9].map(at));
    expect(await askedOf(marks, [6, 3])).toEqual([9, 5].map(at));
    expect(await askedOf(marks, [3])).toEqual([at(5)]);
    expect(await askedOf(marks, [10, 12, 13])).toEqual([at(12), at(12), null]);
  });

  it('is never for what is above all marks, and for what another one saw, or elsewhere', async () => {
    expect(await askedOf([seen(2)], [3, 4])).toEqual([null, null]);
    const others = [
      seen(5, '2'),
      seen(5, '1:2'),
      seen(5, '1', directRoom('1', '22')),
      seen(5, '1', directRoom('0', '1')),
    ];
    expect(await askedOf(others, [1])).toEqual([null]);
  });

  it('is when the other side did, whoever wrote it', async () => {
    const timeline = await timelineOf({ seen: [seen(2, '1'), seen(5, '2')] });
    const receiptOf = await timeline.receipts(chat, [{ n: 1 }, { n: 5 }]);
    const by = (id: string, n: number) => receiptOf({ n, sender: { id, name: id, avatar: null } });
    expect([by('1', 1), by('2', 1), by('1', 5), by('2', 5)]).toEqual([at(5), at(2), at(5), null]);
  });

  it('is not asked where there are no messages', async () => {
    const { timeline, counted } = written(await holding({ seen: [seen(2)] }), {});
    expect((await timeline.seenAt(chat, '1', []))(1)).toBeNull();
    expect(counted.ranges).toBe(0);
  });
});

it('the timeline is asked in the version that is served', async () => {
  const readModels = memoryReadModels();
  const store = readModels.projection('timeline', 7);
  await store.setUp(timelineCollections);
  await write(store, { messages: [message(1, 1)] });
  await readModels.versions.replace('timeline', firstVersion(TIMELINE_FORMAT, 7));
  const { version, queries } = await new ServedTimeline(readModels).pin();
  expect([version, await queries.lastN(GLOBAL_ROOM)]).toEqual([7, 1]);
});
