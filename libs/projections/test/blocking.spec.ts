import { describe, expect, it } from '@jest/globals';
import { commandKey, directRoom, type DomainEvent, encodeEvent, kindOf, partitionOf } from '#domain';
import type { LogRecord } from '#event-store';
import { replay, Timeline, timeline } from '../src/index.js';

// Ada is 1, Bob is 2. Messages are named by what they say.

const chat = directRoom('1', '2');
const at = (i: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, i)).toISOString();
const key = (name: string) => commandKey('test', chat, name);
type Made = (i: number) => DomainEvent;

const opened: Made = (i) => ({
  type: 'ChatCreated',
  room: chat,
  id: `chat.${key('chat')}`,
  at: at(i),
  by: '1',
  users: ['1', '2'],
});
const said =
  (id: string, name: string): Made =>
  (i) => ({
    ...{ type: 'MessageCreated', room: chat, id: `msg.${key(name)}`, at: at(i), messageId: key(name), content: name },
    sender: { id, name: id, avatar: null },
  });
const blocks =
  (by: string, ...blockers: string[]): Made =>
  (i) => ({
    type: blockers.includes(by) ? 'PersonBlocked' : 'PersonUnblocked',
    ...{ room: chat, id: `block.${key(String(i))}`, at: at(i), by, blockers },
  });
const edited =
  (userId: string, name: string, content: string): Made =>
  (i) => ({
    ...{
      type: 'MessageEdited',
      room: chat,
      id: `edit.${key(String(i))}`,
      at: at(i),
      messageId: key(name),
      userId,
      content,
    },
  });
const deleted =
  (userId: string, name: string): Made =>
  (i) => ({
    ...{ type: 'MessageDeleted', room: chat, id: `edit.${key(String(i))}`, at: at(i), messageId: key(name), userId },
    senderId: userId,
  });
const seen =
  (userId: string, n: number): Made =>
  (i) => ({
    ...{ type: 'MessagesSeen', room: chat, id: `seen.${key(String(i))}`, at: at(i), userId, n },
  });

async function* recorded(events: readonly Made[]): AsyncGenerator<LogRecord, void> {
  for (const [i, made] of events.entries()) {
    const { type, version, body, room } = encodeEvent(made(i + 1));
    const of = { partition: partitionOf(room), room, kind: kindOf(made(0).type), id: made(i + 1).id, at: 0 };
    yield await Promise.resolve({ seq: i + 1, ...of, type, version, body });
  }
}

async function fold(...events: Made[]) {
  const store = await replay(timeline, recorded([opened, ...events]));
  const queries = new Timeline(store);
  const entry = async (userId: string) => (await queries.entry(userId, chat))!;
  const entries = async () => {
    const all = await Promise.all(['1', '2'].map(entry));
    return all.map(({ last, unread, updatedSeq, n }) => [last?.content ?? null, unread, updatedSeq, n]);
  };
  const messages = (await queries.page(chat, { limit: 100 })).reverse();
  const hidden = messages.map(({ content, hiddenFrom = null }) => [content, hiddenFrom]);
  return { store, queries, entry, entries, messages, hidden };
}

describe('what is said to who blocks whoever says it', () => {
  it('has its place, and is hidden: by the order of the log, whenever it was decided', async () => {
    const { hidden, messages, queries } = await fold(
      said('1', 'a'),
      blocks('2', '2'),
      said('1', 'b'),
      said('2', 'c'),
      blocks('2'),
      said('1', 'd'),
    );
    expect(hidden).toEqual([
      ['a', null],
      ['b', '2'],
      ['c', null],
      ['d', null],
    ]);
    expect(messages.map(({ n, rev }) => [n, rev])).toEqual([1, 2, 3, 4].map((n) => [n, n]));
    expect(await queries.position(chat)).toEqual({ n: 4, rev: 4 });
  });

  it('is the last message of their own list alone; the other’s stays as it was, and is not unread', async () => {
    // Each: what the last message says, how many are unread, at which sequence, and how many messages are counted.
    const before = [said('1', 'a'), said('2', 'b'), said('1', 'c'), blocks('2', '2')];
    expect(await (await fold(...before)).entries()).toEqual([
      ['c', 1, 4, 3],
      ['c', 2, 4, 3],
    ]);
    expect(await (await fold(...before, said('1', 'd'), said('1', 'e'))).entries()).toEqual([
      ['e', 1, 7, 5],
      ['c', 2, 4, 5],
    ]);
    expect(await (await fold(...before, said('1', 'd'), blocks('2'), said('1', 'e'))).entries()).toEqual([
      ['e', 1, 8, 5],
      ['e', 3, 8, 5],
    ]);
    expect(await (await fold(...before, said('1', 'd'), seen('2', 3), said('1', 'e'))).entries()).toEqual([
      ['e', 1, 8, 5],
      ['c', 0, 4, 5],
    ]);
    expect(await (await fold(...before, said('1', 'd'), seen('2', 4), blocks('2'), said('1', 'e'))).entries()).toEqual([
      ['e', 1, 9, 5],
      ['e', 1, 9, 5],
    ]);
    expect(await (await fold(blocks('2', '2'), said('1', 'a'))).entries()).toEqual([
      ['a', 0, 3, 1],
      [null, 0, 1, 1],
    ]);
  });

  it('is so on both sides where both block each other', async () => {
    const both = await fold(blocks('2', '2'), blocks('1', '1', '2'), said('1', 'a'), said('2', 'b'), said('1', 'c'));
    expect(both.hidden).toEqual([
      ['a', '2'],
      ['b', '1'],
      ['c', '2'],
    ]);
    expect(await both.entries()).toEqual([
      ['c', 0, 6, 3],
      ['b', 0, 5, 3],
    ]);
    expect([(await both.entry('1')).blocked, (await both.entry('2')).blocked]).toEqual([true, true]);
  });

  it('is taken from them where it is edited, also of before, and nothing of it is in their list', async () => {
    const { hidden, entry } = await fold(said('1', 'a'), blocks('2', '2'), edited('1', 'a', 'worse'));
    expect(hidden).toEqual([['worse', '2']]);
    expect([(await entry('1')).last, (await entry('2')).last]).toMatchObject([
      { content: 'worse' },
      { n: 1, content: '', deleted: true },
    ]);
    expect((await entry('1')).last).not.toHaveProperty('deleted');
    const behind = await fold(said('1', 'a'), blocks('2', '2'), said('1', 'b'), edited('1', 'a', 'worse'));
    expect((await behind.entry('1')).last).toMatchObject({ n: 2, content: 'b' });
    expect((await behind.entry('2')).last).toMatchObject({ n: 1, content: '', deleted: true });
    const own = await fold(blocks('2', '2'), said('2', 'mine'), said('1', 'b'), edited('2', 'mine', 'better'));
    expect((await own.entry('2')).last).toMatchObject({ n: 1, content: 'better' });
    expect((await own.entry('2')).last).not.toHaveProperty('deleted');
    // Also where that one blocks them in turn.
    const both = [blocks('2', '2'), blocks('1', '1', '2'), said('2', 'mine'), said('1', 'b')];
    const ownToo = await fold(...both, edited('2', 'mine', 'better'));
    expect((await ownToo.entry('2')).last).toMatchObject({ n: 1, content: 'better' });
    expect((await ownToo.entry('2')).last).not.toHaveProperty('deleted');
    const hiddenThen = await fold(said('1', 'a'), blocks('2', '2'), said('1', 'b'), deleted('1', 'b'), blocks('2'));
    expect((await hiddenThen.entry('2')).last).toMatchObject({ n: 1, content: 'a' });
    expect((await hiddenThen.entry('1')).last).toMatchObject({ n: 2, content: '', deleted: true });
  });
});

describe('a chat', () => {
  it('says to who blocks the other side that they do, and to nobody else', async () => {
    const { entry } = await fold(blocks('2', '2'));
    expect((await entry('2')).blocked).toBe(true);
    expect(await entry('1')).not.toHaveProperty('blocked');
    expect(await (await fold(blocks('2', '2'), blocks('2'))).entry('2')).not.toHaveProperty('blocked');
  });

  it('in which nobody blocks any more goes on with the documents of one in which nobody ever did', async () => {
    const talk = [said('1', 'a'), said('2', 'b'), edited('1', 'a', 'c'), seen('1', 2)];
    const all = async (events: Made[]) => {
      const { store } = await fold(...events);
      const found = await Promise.all(
        ['messages', 'heads', 'inbox'].map((name) => store.range(name, { from: '', to: '\uffff', limit: 100 })),
      );
      return found.flat();
    };
    const fields = (documents: readonly object[]) => documents.map((each) => Object.keys(each).sort());
    const never = await all(talk);
    expect(JSON.stringify(never)).not.toMatch(/hiddenFrom|blockers|blocked|lastShown/);
    expect(fields(await all([blocks('2', '2'), blocks('2'), ...talk]))).toEqual(fields(never));
    const chatOf = (documents: readonly object[]) =>
      documents.flatMap((each) => ('chat' in each ? Object.keys(each.chat as object).sort() : []));
    expect(chatOf(await all([blocks('2', '2'), said('1', 'x'), blocks('2'), ...talk]))).toEqual(chatOf(never));
  });

  it('is none where somebody blocks whom there is no chat with: that cannot be folded', async () => {
    const letters = (events: Made[]) =>
      replay(timeline, recorded(events)).then((store) => new Timeline(store).entry('2', chat));
    expect(await letters([blocks('2', '2'), opened])).not.toHaveProperty('blocked');
    expect(await letters([opened, blocks('3', '3')])).not.toHaveProperty('blocked');
  });
});
