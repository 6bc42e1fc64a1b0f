import { describe, expect, it } from '@jest/globals';
import {
  clanRoom,
  commandKey,
  directRoom,
  type DomainEvent,
  encodeEvent,
  GLOBAL_ROOM,
  partitionOf,
  type Room,
  userRoom,
} from '#domain';
import type { LogRecord } from '#event-store';
import { type DocumentStore, memoryReadModels, type Write } from '#read-models';
import { type MessageDocument, type MessagePart, placeId, Timeline, timelineCollections } from '../src/index.js';
import { foldRound, type FoldedRound } from '../src/engine/round.js';
import { type RoomChange, timeline, UnfoldableEvent, type View } from '../src/index.js';
import { MAX_REACTIONS } from '../src/timeline/fold.js';

const at = '2026-01-02T03:04:05.678Z';
const chat = directRoom('1', '2');
const key = (name: string) => commandKey('test', GLOBAL_ROOM, name);

const posted = (room: Room, name: string, sender = '1', clientId?: string): DomainEvent => ({
  type: 'MessageCreated',
  room,
  id: `msg.${key(name)}`,
  at,
  messageId: key(name),
  sender: { id: sender, name: `user ${sender}`, avatar: null },
  content: name,
  ...(clientId !== undefined && { clientId }),
});
const replied = (to: string, event: DomainEvent): DomainEvent => ({ ...event, replyTo: key(to) }) as DomainEvent;
const reacted = (room: Room, name: string, userId: string, emoji: string): DomainEvent => {
  const fact = { room, id: `react.${key(name + userId + emoji)}`, at, messageId: key(name), userId };
  return emoji === ''
    ? { type: 'ReactionRemoved', ...fact }
    : { type: 'ReactionAdded', ...fact, userName: userId, emoji };
};
const edited = (room: Room, name: string, content: string | null): DomainEvent => {
  const fact = { room, id: `edit.${key(`${name} ${content}`)}`, at, messageId: key(name), userId: '1' };
  return content === null
    ? { type: 'MessageDeleted', ...fact, senderId: fact.userId }
    : { type: 'MessageEdited', ...fact, content };
};
const opened = (): DomainEvent => ({
  type: 'ChatCreated',
  room: chat,
  id: `chat.${key('chat')}`,
  at,
  by: '1',
  users: ['1', '2'],
});
const seen = (userId: string, n: number): DomainEvent => ({
  type: 'MessagesSeen',
  room: chat,
  id: `seen.${key(`${userId}${n}`)}`,
  at,
  userId,
  n,
});

/** The events as the log has them, at 1, 2, 3 … */
const recorded = (events: readonly DomainEvent[]): LogRecord[] =>
  events.map((event, i) => {
    const { type, version, body, room } = encodeEvent(event);
    const kind = event.id.split('.')[0]!;
    return { seq: i + 1, partition: partitionOf(room), room, kind, id: event.id, type, version, body, at: 0 };
  });

async function open(): Promise<{ store: DocumentStore; queries: Timeline }> {
  const store = memoryReadModels().projection('timeline', 1);
  await store.setUp(timelineCollections);
  return { store, queries: new Timeline(store) };
}

async function write(store: DocumentStore, round: FoldedRound<RoomChange>): Promise<void> {
  for (const [collection, writes] of round.writes) await store.write(collection, writes);
}

async function foldAll(events: readonly DomainEvent[]) {
  const opened = await open();
  const round = await foldRound(timeline, opened.store, new Map(), recorded(events));
  await write(opened.store, round);
  return { ...opened, round };
}

describe('the timeline', () => {
  it('numbers the messages and the changes of each room, without holes', async () => {
    const { queries, round } = await foldAll([
      posted(GLOBAL_ROOM, 'a'),
      posted(clanRoom('3'), 'b'),
      posted(GLOBAL_ROOM, 'c'),
      reacted(GLOBAL_ROOM, 'a', '2', '👍'),
      posted(GLOBAL_ROOM, 'd'),
    ]);
    const page = await queries.page(GLOBAL_ROOM, { limit: 10 });
    expect(page.map(({ content, n, rev0, rev }) => [content, n, rev0, rev])).toEqual([
      ['d', 3, 4, 4],
      ['c', 2, 2, 2],
      ['a', 1, 1, 3],
    ]);
    expect(await queries.position(GLOBAL_ROOM)).toEqual({ n: 3, rev: 4 });
    expect(await queries.position(clanRoom('3'))).toEqual({ n: 1, rev: 1 });
    expect(await queries.position(clanRoom('9'))).toEqual({ n: 0, rev: 0 });
    expect(round.changes.map(({ room, rev, kind }) => [room, rev, kind])).toEqual([
      ['global', 1, 'message'],
      ['clan:3', 1, 'message'],
      ['global', 2, 'message'],
      ['global', 3, 'reaction'],
      ['global', 4, 'message'],
    ]);
  });

  it('keeps one reaction a person, and counts a change that changes nothing', async () => {
    const { queries } = await foldAll([
      posted(GLOBAL_ROOM, 'a'),
      reacted(GLOBAL_ROOM, 'a', '1', '👍'),
      reacted(GLOBAL_ROOM, 'a', '2', '🫡'),
      reacted(GLOBAL_ROOM, 'a', '1', '❤️'),
      reacted(GLOBAL_ROOM, 'a', '2', ''),
      reacted(GLOBAL_ROOM, 'a', '2', ''),
      reacted(GLOBAL_ROOM, 'never sent', '2', '👍'),
      posted(clanRoom('3'), 'elsewhere'),
      reacted(clanRoom('3'), 'a', '2', '👍'),
    ]);
    const message = await queries.message(key('a'));
    expect(message?.reactions).toEqual([{ userId: '1', userName: '1', emoji: '❤️' }]);
    expect(message?.rev).toBe(6);
    expect(await queries.position(GLOBAL_ROOM)).toEqual({ n: 1, rev: 6 });
    expect(await queries.position(clanRoom('3'))).toEqual({ n: 1, rev: 1 });
  });

  it('shows a message as it was edited last, and nothing of one that was deleted, for good', async () => {
    const { queries, round } = await foldAll([
      opened(),
      posted(chat, 'a'),
      posted(chat, 'b'),
      edited(chat, 'a', 'another'),
      reacted(chat, 'b', '2', '👍'),
      edited(chat, 'b', 'the last'),
    ]);
    const [b, a] = await queries.page(chat, { limit: 10 });
    expect(a).toMatchObject({ n: 1, rev: 3, content: 'another', editedAt: at });
    expect(b).toMatchObject({ n: 2, rev: 5, content: 'the last', editedAt: at, reactions: [{ emoji: '👍' }] });
    expect((await queries.entry('2', chat))?.last).toMatchObject({ n: 2, content: 'the last' });
    expect(round.changes.map(({ rev, kind }) => [rev, kind])).toEqual([
      [1, 'message'],
      [2, 'message'],
      [3, 'edit'],
      [4, 'reaction'],
      [5, 'edit'],
    ]);
    const changes = await queries.changesSince(chat, { n: 2, rev: 2 }, 10);
    expect(changes?.changes.map(({ rev, kind }) => [rev, kind])).toEqual([
      [3, 'edit'],
      [4, 'reaction'],
      [5, 'edit'],
    ]);
  });

  it('shows nothing of a message that was deleted, whatever comes after', async () => {
    const { queries } = await foldAll([
      opened(),
      { ...posted(chat, 'a'), feeling: 'happy' } as DomainEvent,
      reacted(chat, 'a', '2', '👍'),
      edited(chat, 'a', 'another'),
      edited(chat, 'a', null),
      edited(chat, 'a', 'too late'),
      reacted(chat, 'a', '2', '🫡'),
    ]);
    const message = (await queries.message(key('a')))!;
    expect(message).toMatchObject({ n: 1, rev: 6, content: '', feeling: null, reactions: [], deleted: true });
    expect(message).not.toHaveProperty('editedAt');
    const entry = (await queries.entry('2', chat))!;
    expect(entry).toMatchObject({ n: 1, unread: 1, last: { n: 1, content: '', deleted: true } });
  });

  const clan = clanRoom('3');
  const threaded = () =>
    foldAll([
      posted(GLOBAL_ROOM, 'a'),
      posted(GLOBAL_ROOM, 'b'),
      posted(clan, 'elsewhere'),
      replied('a', posted(GLOBAL_ROOM, 'a1', '2')),
      replied('b', posted(GLOBAL_ROOM, 'b1', '2')),
      replied('a1', posted(GLOBAL_ROOM, 'a2')),
      replied('a2', posted(GLOBAL_ROOM, 'a3', '2', 'id 1')),
      replied('a2', posted(GLOBAL_ROOM, 'a3', '2', 'id 1')),
      replied('elsewhere', posted(GLOBAL_ROOM, 'to another room')),
      replied('itself', posted(GLOBAL_ROOM, 'itself')),
      replied('later', posted(GLOBAL_ROOM, 'too early')),
      posted(GLOBAL_ROOM, 'later'),
      edited(GLOBAL_ROOM, 'a1', null),
    ]);
  const threadOf = async (queries: Timeline, name: string, part: Partial<MessagePart> = {}) => {
    const message = (await queries.message(key(name)))!;
    const { root, replies, next } = await queries.thread(message, { after: null, limit: 10, ...part });
    return { root: root.content, replies: replies.map(({ content }) => content), next };
  };

  it('has in the thread of a message what was said in reply to it, and in reply to that', async () => {
    const { queries, round } = await threaded();
    const whole = { root: 'a', replies: ['a3', 'a2', ''], next: null };
    for (const name of ['a', 'a1', 'a2', 'a3']) expect(await threadOf(queries, name)).toEqual(whole);
    expect(await threadOf(queries, 'b1')).toEqual({ root: 'b', replies: ['b1'], next: null });
    // To what is not there, or is elsewhere, is to nothing: such a message begins a thread of its own.
    for (const root of ['elsewhere', 'to another room', 'itself', 'too early', 'later']) {
      expect(await threadOf(queries, root)).toEqual({ root, replies: [], next: null });
    }
    const documents = await queries.pageAfter(GLOBAL_ROOM, { after: 0, limit: 20 });
    expect(documents.map(({ n, replyTo, root }) => [n, replyTo, root])).toEqual([
      ...[1, 2].map((n) => [n, undefined, undefined]),
      ...[
        [3, key('a'), 1],
        [4, key('b'), 2],
        [5, key('a1'), 1],
        [6, key('a2'), 1],
      ],
      ...[
        [7, key('elsewhere'), undefined],
        [8, key('itself'), undefined],
        [9, key('later'), undefined],
      ],
      [10, undefined, undefined],
    ]);
    expect(round.writes.get('replies')).toHaveLength(4);
  });

  it('has the parts of a thread in either direction', async () => {
    const { queries } = await threaded();
    const part = (options: Partial<MessagePart>) => threadOf(queries, 'a2', options);
    expect(await part({ limit: 2 })).toEqual({ root: 'a', replies: ['a3', 'a2'], next: 5 });
    expect(await part({ limit: 2, before: 5 })).toEqual({ root: 'a', replies: [''], next: null });
    expect(await part({ limit: 2, before: 3 })).toEqual({ root: 'a', replies: [], next: null });
    expect(await part({ limit: 2, after: 0 })).toEqual({ root: 'a', replies: ['', 'a2'], next: 5 });
    expect(await part({ limit: 2, after: 5 })).toEqual({ root: 'a', replies: ['a3'], next: null });
    expect(await part({ limit: 2, after: 6 })).toEqual({ root: 'a', replies: [], next: null });
  });

  it('goes on behind a reply whose place is there and which itself is not yet', async () => {
    const { store, round } = await threaded();
    const half = await open();
    for (const [collection, writes] of round.writes) {
      const isThere = ({ document }: Write) => document._id !== placeId(GLOBAL_ROOM, 6);
      await half.store.write(collection, writes.filter(isThere));
    }
    expect(await threadOf(half.queries, 'a', { limit: 2 })).toEqual({ root: 'a', replies: ['a2'], next: 5 });
    expect(await store.get('messages', [placeId(GLOBAL_ROOM, 6)])).toHaveLength(1);
  });

  it('finds no reply beyond the head of its room, written before a crash', async () => {
    const { store, round } = await threaded();
    const [later] = await store.get<MessageDocument>('messages', [placeId(GLOBAL_ROOM, 10)]);
    const head = { ...round.heads.get(GLOBAL_ROOM)!.document, seq: 0, n: 8, rev: 8 };
    const view: View = { get: (collection) => (collection === 'heads' ? head : null), find: () => later! };
    const { change } = timeline.fold(view, { ...replied('later', posted(GLOBAL_ROOM, 'too early')), seq: 11 });
    expect(change?.message).toMatchObject({ n: 9, replyTo: key('later') });
    expect(change?.message).not.toHaveProperty('root');
  });

  it('tells a message that took a reaction before a crash as it is', async () => {
    const { store, round } = await foldAll([posted(GLOBAL_ROOM, 'a'), reacted(GLOBAL_ROOM, 'a', '1', '👍')]);
    const [taken] = await store.get<MessageDocument>('messages', [placeId(GLOBAL_ROOM, 1)]);
    const head = { ...round.heads.get(GLOBAL_ROOM)!.document, seq: 0, rev: 1 };
    const view: View = { get: (collection) => (collection === 'heads' ? head : null), find: () => taken! };
    for (const seq of [1, 2]) {
      const { change } = timeline.fold(view, { ...reacted(GLOBAL_ROOM, 'a', '9', '🫡'), seq });
      expect(change).toEqual({ room: GLOBAL_ROOM, rev: 2, kind: 'reaction', message: taken });
    }
  });

  it.each(['id 1', undefined])('takes a message that is in the log twice once, at first with id %s', async (id) => {
    const between = Array.from({ length: 5 }, (_, i) => posted(GLOBAL_ROOM, `between ${i}`));
    const { queries, round } = await foldAll([
      posted(GLOBAL_ROOM, 'a', '1', id),
      ...between,
      posted(GLOBAL_ROOM, 'a', '1', 'id 1'),
      posted(GLOBAL_ROOM, 'z'),
    ]);
    expect((await queries.page(GLOBAL_ROOM, { limit: 10 })).map(({ n }) => n)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(round.changes).toHaveLength(7);
  });

  it('counts what is unread, and knows when it was seen', async () => {
    const { queries } = await foldAll([
      opened(),
      posted(chat, 'a', '1'),
      posted(chat, 'b', '1'),
      posted(chat, 'c', '2'),
      seen('2', 1),
      posted(chat, 'd', '1'),
      seen('2', 1),
    ]);
    const two = await queries.entry('2', chat);
    expect(two).toMatchObject({ chatId: 1, receiverId: '1', seenN: 1, unread: 2, n: 4, last: { content: 'd' } });
    expect(await queries.entry('1', chat)).toMatchObject({ unread: 1, seenN: 0 });
    expect((await queries.inbox('2', { limit: 9 })).map(({ room }) => room)).toEqual([chat]);
    const seenAt = await queries.seenAt(chat, '2', await queries.page(chat, { limit: 10 }));
    expect([1, 2, 4].map(seenAt)).toEqual([at, null, null]);
  });

  it('makes dead letters of what it cannot read or fold, and folds the rest', async () => {
    const records = recorded([posted(chat, 'before its chat'), posted(GLOBAL_ROOM, 'a'), posted(GLOBAL_ROOM, 'b')]);
    records[1] = { ...records[1]!, version: 9 };
    const { store, queries } = await open();
    const round = await foldRound(timeline, store, new Map(), records);
    await write(store, round);
    expect(round.letters.map(({ seq }) => seq).sort()).toEqual([1, 2]);
    expect(round.letters.find(({ seq }) => seq === 2)?.reason).toContain('version 9');
    expect((await queries.page(GLOBAL_ROOM, { limit: 10 })).map(({ content, n }) => [content, n])).toEqual([['b', 1]]);
  });

  const member = { id: `member.${key('member')}`, at, userId: '1', clanId: '3' };
  const profile = { id: `profile.${key('profile')}`, at, userId: '1', name: 'Ada', avatar: null };
  const personal = (room: Room): DomainEvent[] => [
    { type: 'MemberJoined', room, ...member, leftClanId: null },
    { type: 'MemberLeft', room, ...member },
    { type: 'ProfileChanged', room, ...profile },
  ];
  const nowhere: View = { get: () => null, find: () => null };

  it('reads for an event the head of its room, and the message that it is about', () => {
    const needs = (event: DomainEvent) => timeline.needs({ ...event, seq: 1 });
    const head = { collection: 'heads', id: GLOBAL_ROOM };
    const byId = { collection: 'messages', value: key('a') };
    expect(needs(posted(GLOBAL_ROOM, 'a'))).toEqual([head]);
    expect(needs(posted(GLOBAL_ROOM, 'a', '1', 'id 1'))).toEqual([head, byId]);
    const repliedTo = { collection: 'messages', value: key('b') };
    expect(needs(replied('b', posted(GLOBAL_ROOM, 'a')))).toEqual([head, repliedTo]);
    expect(needs(replied('b', posted(GLOBAL_ROOM, 'a', '1', 'id 1')))).toEqual([head, byId, repliedTo]);
    for (const emoji of ['👍', '']) expect(needs(reacted(GLOBAL_ROOM, 'a', '1', emoji))).toEqual([head, byId]);
    const ofChat = { collection: 'heads', id: chat };
    expect(needs(opened())).toEqual([ofChat]);
    expect(needs(seen('1', 3))).toEqual([ofChat, { collection: 'messages', id: placeId(chat, 3) }]);
    for (const event of personal(GLOBAL_ROOM)) expect(needs(event)).toEqual([head]);
    for (const event of personal(userRoom('1'))) expect(needs(event)).toEqual([]);
  });

  it.each([...personal(GLOBAL_ROOM), { ...opened(), room: GLOBAL_ROOM }])('does not fold $type in a room', (event) => {
    const fold = () => timeline.fold(nowhere, { ...event, seq: 1 });
    expect(fold).toThrow(UnfoldableEvent);
    expect(fold).toThrow(`${event.type} in the room global`);
  });

  it('does not fold what was seen where there is no chat', () => {
    const fold = () => timeline.fold(nowhere, { ...seen('1', 1), seq: 1 });
    expect(fold).toThrow(UnfoldableEvent);
    expect(fold).toThrow(`MessagesSeen in ${chat}, where there is no chat`);
  });

  it('makes nothing of what concerns one person', () => {
    for (const event of personal(userRoom('1'))) {
      expect(timeline.fold(nowhere, { ...event, seq: 1 })).toEqual({ documents: [], change: null });
    }
  });

  it('makes a dead letter of what was seen of a message that is lost', async () => {
    const { round } = await foldAll([opened(), posted(chat, 'a', '1'), posted(chat, 'b', '1')]);
    const view: View = {
      get: (collection) => (collection === 'heads' ? round.heads.get(chat)!.document : null),
      find: () => null,
    };
    const fold = (n: number) => timeline.fold(view, { ...seen('2', n), seq: 4 });
    expect(() => fold(1)).toThrow(UnfoldableEvent);
    expect(fold(2).documents).toHaveLength(4);
  });

  it('announces in pieces that NATS takes, a direct chat to both people', async () => {
    const content = (room: Room, size: number, i: number) => ({ ...posted(room, `m${i}`), content: 'é'.repeat(size) });
    const { round } = await foldAll([1, 2, 3, 4, 5].map((i) => content(GLOBAL_ROOM, i === 3 ? 100_000 : 20_000, i)));
    const texts = timeline.announce(round.changes, 1).map(({ text }) => text);
    expect(texts.every((text) => Buffer.byteLength(text) < 1_000_000)).toBe(true);
    const updates = texts.map((text) => JSON.parse(text) as { from: number; to: number; changes: unknown[] });
    expect(updates.map(({ from, to, changes }) => [from, to, changes.length])).toEqual([
      [0, 2, 2],
      // Too large for any piece: whoever hears of it reads it.
      [3, 3, 0],
      [3, 5, 2],
    ]);
    const direct = await foldAll([opened(), posted(chat, 'hi')]);
    const receivers = timeline.announce(direct.round.changes, 1);
    expect(receivers.map((text) => ('userId' in text ? text.userId : null))).toEqual(['1', '2']);
  });

  it('keeps the reactions of so many people, and lets each of them change theirs', async () => {
    const many = Array.from({ length: MAX_REACTIONS + 1 }, (_, i) => reacted(GLOBAL_ROOM, 'a', `user ${i}`, '👍'));
    const { queries, round } = await foldAll([
      posted(GLOBAL_ROOM, 'a'),
      ...many,
      reacted(GLOBAL_ROOM, 'a', 'user 0', '🫡'),
    ]);
    const { reactions } = (await queries.message(key('a')))!;
    expect(reactions).toHaveLength(MAX_REACTIONS);
    expect(reactions[0]).toMatchObject({ userId: 'user 0', emoji: '🫡' });
    const texts = timeline.announce(round.changes, 1).map(({ text }) => Buffer.byteLength(text));
    expect(Math.max(...texts)).toBeLessThan(1_000_000);
  });

  it('answers what changed since any position, as the changes came', async () => {
    const { queries, round } = await foldAll([
      ...[1, 2, 3, 4].map((i) => posted(GLOBAL_ROOM, `m${i}`)),
      reacted(GLOBAL_ROOM, 'm2', '1', '👍'),
      posted(GLOBAL_ROOM, 'm5'),
      reacted(GLOBAL_ROOM, 'm5', '1', '👍'),
    ]);
    let position = { n: 0, rev: 0 };
    for (let i = 0; i <= round.changes.length; i++) {
      const since = await queries.changesSince(GLOBAL_ROOM, position, 100);
      expect(since?.changes.map(({ rev, kind }) => [rev, kind])).toEqual(
        round.changes.slice(i).map(({ rev, kind }) => [rev, kind]),
      );
      const next = round.changes[i];
      if (next) position = { n: Math.max(position.n, next.message.n), rev: next.rev };
    }
    expect(await queries.changesSince(GLOBAL_ROOM, { n: 0, rev: 0 }, 3)).toBeNull();
  });
});
