import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, directRoom, GLOBAL_ROOM, type Room } from '#domain';
import { firstVersion, memoryReadModels } from '#read-models';
import {
  type MessageDocument,
  type SeenDocument,
  ServedTimeline,
  TIMELINE_FORMAT,
  timelineCollections,
} from '../src/index.js';
import {
  at,
  change,
  chat,
  type Contents,
  entry,
  head,
  holding,
  hurry,
  message,
  seen,
  timelineOf,
  write,
  written,
} from './timeline-documents.js';

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

  it.each<[string, Contents, object]>([
    ['a message', { messages: [message(1, 1, { rev: 3 })], changes: [change(3, 1, 2)] }, { n: 1, rev: 1 }],
    ['a message among messages', { messages: [message(1, 1), message(3, 3)] }, { n: 1, rev: 1 }],
    ['a change', { messages: [message(1, 1, { rev: 2 }), message(2, 3)] }, { n: 1, rev: 1 }],
    [
      'a message as a change left it',
      { messages: [message(1, 1), message(2, 2), message(3, 4)], changes: [change(3, 1, 2)] },
      { n: 2, rev: 2 },
    ],
    ['the first message', { messages: [message(2, 2)] }, { n: 0, rev: 0 }],
    ['a message behind the head', { heads: [head(4, 5)], messages: [message(5, 6), message(7, 8)] }, { n: 5, rev: 6 }],
  ])('is below the hole that a projector left which died before it wrote %s, after a while', async (_, has, below) => {
    const paused = hurry();
    const { timeline, counted } = written(await holding(has), {});
    expect(await timeline.position(GLOBAL_ROOM)).toEqual(below);
    expect(counted.ranges).toBe(24);
    expect(paused.ms).toBeGreaterThan(200);
    expect(paused.ms).toBeLessThan(1_000);
  });

  it('is read from the head on, however far behind that is', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => message(i + 1, i + 1));
    const behind = written(await holding({ heads: [head(10, 10)], messages: many.slice(10) }), {});
    expect(await behind.timeline.position(GLOBAL_ROOM)).toEqual({ n: 2_500, rev: 2_500 });
    const torn = written(await holding({ heads: [head(10, 10)], messages: many.toSpliced(1_700, 1) }), {});
    hurry();
    expect(await torn.timeline.position(GLOBAL_ROOM)).toEqual({ n: 1_700, rev: 1_700 });
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
    const heads = inbox.map(({ room, n, rev }) => ({ ...head(n, rev), _id: room }));
    const { timeline } = written(await holding({ inbox: [...inbox, entry('10', '1', 9)], heads }), {});
    const positions = await timeline.chatPositions('1');
    const found = [...positions].sort((a, b) => a.n - b.n);
    expect(found).toEqual(inbox.map(({ room, chatId, n, rev, seq }) => ({ room, chatId, n, rev, seq })));
  });

  it('stand no further than their messages are there', async () => {
    hurry();
    const [written, other] = [entry('1', '2', 3), entry('1', '3', 4)];
    const { room } = written;
    const timeline = await timelineOf({
      heads: [{ ...head(1, 1), _id: room }],
      inbox: [{ ...written, n: 3, rev: 3 }, other],
      messages: [message(1, 1, { room }), message(3, 3, { room })],
    });
    expect(await timeline.chatPositions('1')).toMatchObject([
      { room, n: 1, rev: 1 },
      { room: other.room, n: 0, rev: 0 },
    ]);
  });

  it('stand behind the changes of older messages, which change no list', async () => {
    const [quiet, changed] = [entry('1', '2', 3), entry('1', '3', 4)].map((each) => ({ ...each, n: 2, rev: 2 }));
    const at = (room: Room) => [message(1, 1, { room, rev: room === changed!.room ? 4 : 1 }), message(2, 2, { room })];
    const timeline = await timelineOf({
      heads: [quiet!, changed!].map(({ room }) => ({ ...head(2, 2), _id: room })),
      inbox: [quiet!, changed!],
      messages: [quiet!, changed!].flatMap(({ room }) => at(room)),
      changes: [3, 4].map((rev) => change(rev, 1, 2, changed!.room)),
    });
    expect(await timeline.chatPositions('1')).toMatchObject([
      { room: quiet!.room, n: 2, rev: 2 },
      { room: changed!.room, n: 2, rev: 4 },
    ]);
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
