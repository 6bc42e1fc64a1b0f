import { describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { type Write } from '#read-models';
import { type MessageDocument, type MessagePart, placeId, Timeline, timeline, type View } from '../src/index.js';
import { edited, foldAll, key, open, posted, replied } from './folded-timeline.js';

describe('the timeline', () => {
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
});
