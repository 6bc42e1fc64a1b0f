import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChatCreated, clanRoom, GLOBAL_ROOM, markSeen, type RecordedEvent } from '#domain';
import type { DirectThread, RoomThread } from '../src/threads.js';
import { type Answer, context, person, QueryUnderTest, stores } from './query-under-test.js';

const idOf = ({ id }: { id: string }): string => id.slice('msg.'.length);
const contents = ({ body }: Answer) => {
  const { root, data, next } = body as RoomThread;
  return { root: root.content, replies: data.map(({ content }) => content), next };
};

describe.each(stores)('threads over HTTP, read models %s', (_, open) => {
  let query: QueryUnderTest;
  let root: string;
  let replies: string[];
  let chat: RecordedEvent<ChatCreated>;
  let direct: string[];

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    root = idOf(await query.say(person('ada'), 'who is in?'));
    await query.say(person('bob'), 'something else');
    replies = [await query.reply(GLOBAL_ROOM, person('bob'), 'me', root)];
    replies.push(await query.reply(GLOBAL_ROOM, person('cleo'), 'and me', replies[0]!));
    replies.push(await query.reply(GLOBAL_ROOM, person('ada'), 'good', root));
    chat = await query.openChat('7', '8');
    direct = [idOf(await query.sayTo(chat, '7', '8', 'tomorrow?'))];
    direct.push(await query.reply(chat.room, person('8'), 'at ten', direct[0]!));
    await query.append(markSeen({ ...context(), userId: '8' }, { chat, lastN: 1, seenN: 0 }));
    await query.projected();
  });
  afterAll(() => query.stop());

  const thread = (messageId: string, userId: string, parameters = '') =>
    query.get(`/chat/messages/${messageId}/thread${parameters}`, userId);

  it('has what a thread began with and the replies, whichever of its messages is named', async () => {
    for (const id of [root, ...replies]) {
      const answer = await thread(id, 'dan');
      expect(answer.status).toBe(200);
      expect(contents(answer)).toEqual({ root: 'who is in?', replies: ['good', 'and me', 'me'], next: null });
    }
    const { body } = await thread(root, 'dan');
    expect((body as RoomThread).data.map(({ _id, n, reply_to }) => [_id, n, reply_to])).toEqual([
      [replies[2], 5, root],
      [replies[1], 4, replies[0]],
      [replies[0], 3, root],
    ]);
    expect((body as RoomThread).root).not.toHaveProperty('reply_to');
    const history = (await query.get('/chat/history?type=global', 'dan')).body as RoomThread;
    expect(JSON.stringify(history)).toContain(`"reply_to":"${root}"`);
  });

  it('are read in parts, in either direction', async () => {
    const part = async (parameters: string) => {
      const { replies, next } = contents(await thread(root, 'dan', parameters));
      return { replies, next };
    };
    expect(await part('?limit=2')).toEqual({ replies: ['good', 'and me'], next: 4 });
    expect(await part('?limit=2&before=4')).toEqual({ replies: ['me'], next: null });
    expect(await part('?limit=2&after=0')).toEqual({ replies: ['me', 'and me'], next: 4 });
    expect(await part('?limit=2&after=4')).toEqual({ replies: ['good'], next: null });
    expect(await part('?before=9007199254740991')).toEqual({ replies: ['good', 'and me', 'me'], next: null });
    expect(await part('?after=9007199254740991')).toEqual({ replies: [], next: null });
  });

  it('of a clan are for who is in it now', async () => {
    const inClan = idOf(await query.sayInClan('c', person('eve'), 'only for us'));
    await query.reply(clanRoom('c'), person('eve'), 'is it?', inClan);
    await query.projected();
    expect((await thread(inClan, 'fay')).status).toBe(404);
    await query.service('PUT', '/clans/c/members/fay');
    expect(contents(await thread(inClan, 'fay'))).toEqual({ root: 'only for us', replies: ['is it?'], next: null });
    await query.service('PUT', '/clans/d/members/fay');
    expect((await thread(inClan, 'fay')).status).toBe(404);
  });

  it('of a direct chat are for its two people, by either address', async () => {
    const mine = await query.get(`/chats/${chat.seq}/messages/${direct[1]}/thread`, '7');
    expect(mine.status).toBe(200);
    expect(mine.body as DirectThread).toMatchObject({
      root: { id: direct[0], chat_id: chat.seq, message: 'tomorrow?', seen: true },
      data: [{ id: direct[1], message: 'at ten', reply_to: direct[0], seen: false }],
      next: null,
    });
    expect(contents(await thread(direct[0]!, '8'))).toEqual({ root: 'tomorrow?', replies: ['at ten'], next: null });
    expect((await thread(direct[0]!, '9')).status).toBe(404);
    const other = await query.openChat('7', '9');
    for (const [chatId, userId, field] of [
      [chat.seq, '9', 'id'],
      [other.seq, '7', 'messageId'],
    ] as const) {
      const { status, body } = await query.get(`/chats/${chatId}/messages/${direct[0]}/thread`, userId);
      expect([status, body]).toMatchObject([404, { errors: [{ reason: 'NOT_FOUND', field }] }]);
    }
  });

  it('that are not there are not found', async () => {
    for (const id of ['ab'.repeat(12), 'nonsense', '%7B%22%24ne%22%3A1%7D']) {
      const { status, body } = await thread(id, 'dan');
      expect(status).toBe(404);
      expect(body).toMatchObject({ errors: [{ reason: 'NOT_FOUND', field: 'messageId', message: 'no such message' }] });
    }
  });

  it.each([
    ['/chat/messages/abc/thread?before=0', 'before'],
    ['/chat/messages/abc/thread?before=5&after=1', 'after'],
    ['/chat/messages/abc/thread?limit=201', 'limit'],
    [`/chat/messages/${'x'.repeat(65)}/thread`, 'messageId'],
    ['/chats/0/messages/abc/thread', 'id'],
    ['/chats/1/messages/abc/thread?after=-1', 'after'],
  ])('refuses %s', async (path, field) => {
    const { status, body } = await query.get(path, '7');
    expect([status, body]).toMatchObject([400, { errors: [{ reason: 'VALIDATION', field }] }]);
  });
});
