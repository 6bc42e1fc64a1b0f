import { describe, expect, it } from '@jest/globals';
import { clanRoom, type DomainEvent, GLOBAL_ROOM, type Room } from '#domain';
import { foldRound } from '../src/engine/round.js';
import { timeline } from '../src/index.js';
import { MAX_REACTIONS } from '../src/timeline/changed-message.js';
import {
  at,
  chat,
  edited,
  foldAll,
  key,
  open,
  opened,
  posted,
  reacted,
  recorded,
  seen,
  write,
} from './folded-timeline.js';

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
