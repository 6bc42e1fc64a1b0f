import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, type DomainEvent, GLOBAL_ROOM, keySequence, type Room } from '#domain';
import type { RoomDiff } from '../src/diff/room-diff.js';
import { MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:06.000Z';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl diff', () => {
  let system: SystemUnderTest;
  beforeAll(async () => {
    system = await SystemUnderTest.create(undefined, true);
  });
  const others: SystemUnderTest[] = [];
  afterAll(() => Promise.all([system, ...others].map((one) => one.close())));

  const changed = (type: 'edit' | 'delete' | 'react', room: Room, messageId: string, more: object) =>
    system.append({ room, at, messageId, id: `${type}.${nextKey()}`, ...more } as unknown as DomainEvent);
  const edit = (room: Room, messageId: string, content: string, userId = '1') =>
    changed('edit', room, messageId, { type: 'MessageEdited', userId, content });
  const remove = (room: Room, messageId: string, userId = '1') =>
    changed('delete', room, messageId, { type: 'MessageDeleted', userId, senderId: userId });
  const react = (room: Room, messageId: string, userId: string, emoji: string) =>
    changed('react', room, messageId, { type: 'ReactionAdded', userId, userName: 'Bob', emoji });
  const unreact = (room: Room, messageId: string, userId: string) =>
    changed('react', room, messageId, { type: 'ReactionRemoved', userId });
  const diff = async (from: number | string, to: number | string, room: string): Promise<RoomDiff> => {
    const { status, out, complaints } = await system.chatctl(
      ...['diff', String(from), String(to), '--room', room, '--json'],
    );
    expect([status, complaints]).toEqual([0, '']);
    return JSON.parse(out) as RoomDiff;
  };

  it.each([
    ['the global room', GLOBAL_ROOM, 'global'],
    ['a clan', clanRoom('the bold'), 'clan:the bold'],
  ])('says what changed in %s, and nothing that did not', async (_, room, written) => {
    const [kept, edited, deleted, gone] = ['kept', 'edited', 'deleted', 'gone'].map((text) => posted(room, text));
    for (const message of [kept!, edited!, deleted!, gone!]) await system.append(message);
    await remove(room, gone!.messageId);
    await react(room, kept!.messageId, '2', '👍');
    const from = await react(room, kept!.messageId, '3', '👍');
    await edit(room, edited!.messageId, 'half');
    await edit(room, edited!.messageId, 'changed');
    await remove(room, deleted!.messageId);
    await react(room, kept!.messageId, '2', '❤️');
    await unreact(room, kept!.messageId, '3');
    await react(room, edited!.messageId, '3', '👍');
    await system.append(posted(clanRoom('elsewhere'), 'not here'));
    const to = await system.append(posted(room, 'new', '2'));

    const about = (n: number, { messageId }: { messageId: string }) => ({ n, messageId, userId: '1' });
    const isoAt = async (seq: number) => new Date((await system.log.recordAt(seq))!.at).toISOString();
    const found = await diff(from, to, written);
    expect(found).toEqual({
      room,
      from: { seq: from, at: await isoAt(from) },
      to: { seq: to, at: await isoAt(to) },
      messages: {
        new: [expect.objectContaining({ n: 5, content: 'new', deleted: false })],
        edited: [{ ...about(2, edited!), before: 'edited', after: 'changed' }],
        deleted: [{ ...about(3, deleted!), before: 'deleted' }],
        erased: [],
      },
      reactions: {
        added: [
          { n: 1, messageId: kept!.messageId, userId: '2', emoji: '❤️' },
          { n: 2, messageId: edited!.messageId, userId: '3', emoji: '👍' },
        ],
        removed: [
          { n: 1, messageId: kept!.messageId, userId: '2', emoji: '👍' },
          { n: 1, messageId: kept!.messageId, userId: '3', emoji: '👍' },
        ],
      },
      seen: [],
    });
    const text = await system.chatctl('diff', String(from), String(to), '--room', written);
    expect(text.out.split('\n').slice(1)).toEqual([
      'new      message 5 by Ada (2): "new"',
      'edited   message 2 by 1: "edited" → "changed"',
      'deleted  message 3 by 1: "deleted"',
      'reacted  to message 1: ❤️ by 2',
      'reacted  to message 2: 👍 by 3',
      'undone   to message 1: 👍 by 2',
      'undone   to message 1: 👍 by 3',
      '',
    ]);
    expect((await system.chatctl('diff', String(to), String(to), '--room', written)).out).toContain(
      '\nnothing changed\n',
    );
    // From before it was.
    expect((await diff('2020-01-01', to, written)).messages.new).toHaveLength(5);
    expect((await diff('2020-01-01', to, written)).from).toEqual({ seq: 0, at: null });
  });

  it('says who has seen more of a direct chat', async () => {
    const room = directRoom('7', '8');
    await system.append({ type: 'ChatCreated', room, id: `chat.${nextKey()}`, at, by: '7', users: ['7', '8'] });
    for (const text of ['one', 'two', 'three']) await system.append(posted(room, text, '7'));
    const seen = (n: number) =>
      system.append({ type: 'MessagesSeen', room, id: `seen.${nextKey()}`, at, userId: '8', n });
    const from = await seen(1);
    const to = await seen(3);
    expect(await diff(from, to, 'direct:8:7')).toMatchObject({
      messages: { new: [], edited: [], deleted: [], erased: [] },
      seen: [{ userId: '8', from: 1, to: 3 }],
    });
    expect((await system.chatctl('diff', String(from), String(to), '--room', room)).out).toContain(
      '\nseen     by 8 up to message 3, before 1\n',
    );
    const then = JSON.parse((await system.chatctl('at', String(to), '--room', room, '--json')).out) as object;
    const [sevens, eights] = [
      { userId: '7', n: 0 },
      { userId: '8', n: 3 },
    ];
    expect(then).toMatchObject({ chat: { seen: [sevens, eights], blockers: [] } });
  });

  it('shows what was erased as erased, and when', async () => {
    const room = clanRoom('erasures');
    const message = posted(room, 'a secret', '66');
    await system.append(posted(room, 'kept', '1'));
    await system.append(message);
    const before = await react(room, message.messageId, '66', '👍');
    expect((await system.chatctl('at', String(before), '--room', room)).out).toContain('"a secret"');
    await system.log.eraser.erase('66', { key: nextKey(), at });
    const end = await system.append(posted(room, 'after', '1'));
    const found = await diff(before, end, room);
    expect(found.messages).toMatchObject({
      new: [{ n: 3, content: 'after' }],
      edited: [],
      deleted: [],
      erased: [{ n: 2, messageId: message.messageId, userId: '66' }],
    });
    // What was before it is gone too, and nothing of it is told as a change afterwards.
    const then = await system.chatctl('at', String(before), '--room', room, '--json');
    expect(then.out).not.toContain('secret');
    const { messages } = JSON.parse(then.out) as { messages: object[] };
    expect(messages[1]).toMatchObject({ sender: { id: '66', name: null }, content: null, erased: true });
    expect(messages[1]).toMatchObject({ reactions: [{ userId: '66', userName: null, emoji: '👍' }] });
    expect((await diff(end, await system.append(posted(room, 'more')), room)).messages.erased).toEqual([]);
    expect((await system.chatctl('diff', String(before), String(end), '--room', room)).out).toContain(
      '\nerased   message 2 by 66\n',
    );
  });

  it.each([
    ['the last thing', false],
    ['followed by more', true],
  ])('counts an erasure as the read models do, where it is %s', async (_, isFollowed) => {
    // An erasure is a change of the room, as for whoever follows it live.
    const own = await SystemUnderTest.create(undefined, true);
    others.push(own);
    await own.append(posted(GLOBAL_ROOM, 'kept', '1'));
    await own.append(posted(GLOBAL_ROOM, 'a secret', '66'));
    await own.log.eraser.erase('66', { key: nextKey(), at });
    if (isFollowed) await own.append(posted(GLOBAL_ROOM, 'after', '1'));
    own.start('one');
    await own.folded();
    const query = { from: GLOBAL_ROOM, to: `${GLOBAL_ROOM};`, limit: 10 };
    const stored = await own.readModels.projection('timeline', 1).range('messages', query);
    const { lastSeq } = await own.log.state();
    const { out } = await own.chatctl('at', String(lastSeq), '--room', 'global', '--json');
    const { messages } = JSON.parse(out) as { messages: object[] };
    const places = (list: readonly object[]) =>
      list.map((each) => ({ n: 0, rev: 0, ...each })).map(({ n, rev }) => [n, rev]);
    expect(places(messages)).toEqual(places(stored));
    expect(places(messages)[1]).toEqual([2, 3]);
  });

  it.each([
    [['1'], 'say from when to when'],
    [['1', '2', '3', '--room', 'global'], 'say from when to when'],
    [['1', 'later', '--room', 'global'], 'say when: '],
    [['1', '2'], 'say which room: --room global'],
    [['2', '1', '--room', 'global'], 'the first time lies behind the second one'],
    [['1', '2', '--room', 'clan:of nobody'], 'the log has nothing of clan:of=20nobody'],
    [['1', '1000000', '--room', 'global'], 'there is no 1000000 yet'],
  ])('does not take %j', async (words, complaint) => {
    const { status, complaints } = await system.chatctl('diff', ...words);
    expect([status, complaints]).toEqual([2, expect.stringContaining(complaint)]);
  });
});
