import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { blockPerson, type ChatCreated, markSeen, postToChat, type RecordedEvent, unblockPerson } from '#domain';
import type { ChatList, MessagePage } from '../src/chats.controller.js';
import { type Answer, context, person, QueryUnderTest, stores } from './query-under-test.js';

const page = ({ body }: Answer): MessagePage => body as MessagePage;
const numbers = (answer: Answer): number[] => page(answer).data.map(({ n }) => n);

describe.each(stores)('direct chats over HTTP, read models %s', (_, open) => {
  let query: QueryUnderTest;
  let chat: RecordedEvent<ChatCreated>;

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    chat = await query.openChat('7', '8');
    for (let i = 1; i <= 12; i++) await query.sayTo(chat, i % 3 ? '7' : '8', i % 3 ? '8' : '7', `message ${i}`);
    await query.append(markSeen({ ...context(), userId: '8' }, { chat, lastN: 10, seenN: 0 }));
    await query.projected();
  });
  afterAll(() => query.stop());

  it('are listed latest first, as each side sees them', async () => {
    const other = await query.openChat('9', '7');
    await query.projected();
    const { status, body } = await query.get('/chats', '7');
    expect(status).toBe(200);
    expect((body as ChatList).data.map(({ id }) => id)).toEqual([other.seq, chat.seq]);
    expect((body as ChatList).data[1]).toMatchObject({
      id: chat.seq,
      user_ids: [7, 8],
      receiver_id: 8,
      unread_count: 4,
      last_message: { chat_id: chat.seq, sender_id: 8, receiver_id: 7, message: 'message 12', n: 12 },
    });
    const theirs = (await query.get('/chats', '8')).body as ChatList;
    expect(theirs.data).toEqual([expect.objectContaining({ id: chat.seq, receiver_id: 7, unread_count: 1 })]);
    expect((await query.get('/chats', 'nobody')).body).toEqual({ data: [], next: null });
  });

  it('show nothing of what was said to who blocks whoever said it, in any shape, and each side has its list', async () => {
    const opened = await query.openChat('20', '21');
    const root = await query.sayTo(opened, '21', '20', 'root');
    await query.append(blockPerson({ ...context(), by: '20' }, { chat: opened, blockers: [] }));
    const hidden = await query.sayTo(opened, '21', '20', 'hidden');
    const reply = {
      ...context(),
      sender: person('21'),
      receiver: '20',
      content: 'hidden too',
      replyTo: root.messageId,
    };
    await query.append(postToChat(reply, opened, { room: opened.room }));
    await query.append(unblockPerson({ ...context(), by: '20' }, { chat: opened, blockers: ['20'] }));
    await query.append(blockPerson({ ...context(), by: '20' }, { chat: opened, blockers: [] }));
    await query.projected();
    const paths = [
      `/chats/${opened.seq}/messages`,
      `/chats/${opened.seq}/messages/${hidden.messageId}/thread`,
      `/chats/${opened.seq}/messages/${root.messageId}/thread`,
      `/chat/messages/${hidden.messageId}/thread`,
      `/chat/messages/${root.messageId}/thread`,
      '/chat/history?type=private&recipientId=',
      '/chats',
    ];
    const read = (userId: string, other: string) =>
      Promise.all(paths.map((path) => query.get(path.endsWith('=') ? path + other : path, userId)));
    const [theirs, others] = [await read('20', '21'), await read('21', '20')];
    expect([...theirs, ...others].map(({ status }) => status)).toEqual(Array(14).fill(200));
    for (const [i, { body }] of theirs.entries())
      expect([paths[i], JSON.stringify(body)]).not.toEqual([paths[i], expect.stringContaining('hidden')]);
    for (const { body } of others) expect(JSON.stringify(body)).toContain('hidden');
    expect(page(theirs[0]!).data.map(({ n, message, deleted = false }) => [n, message, deleted])).toEqual([
      [3, '', true],
      [2, '', true],
      [1, 'root', false],
    ]);
    expect((theirs.at(-1)!.body as ChatList).data).toMatchObject([
      { blocked: true, unread_count: 1, last_message: { message: 'root' } },
    ]);
    expect((others.at(-1)!.body as ChatList).data[0]).not.toHaveProperty('blocked');
  });

  it('are listed page by page, each of them once, whatever happens meanwhile', async () => {
    const chats: RecordedEvent<ChatCreated>[] = [];
    for (const other of ['101', '102', '103', '104', '105']) chats.push(await query.openChat('100', other));
    await query.sayTo(chats[1]!, '100', '102', 'the latest');
    await query.projected();
    const listed = async (parameters: string) => {
      const { data, next } = (await query.get(`/chats${parameters}`, '100')).body as ChatList;
      return { chats: data.map(({ receiver_id }) => receiver_id), next };
    };
    expect(await listed('')).toEqual({ chats: [102, 105, 104, 103, 101], next: null });
    const first = await listed('?limit=2');
    expect(first).toEqual({ chats: [102, 105], next: chats[4]!.seq });
    await query.sayTo(chats[4]!, '105', '100', 'seen already');
    await query.sayTo(chats[2]!, '103', '100', 'moves up');
    await query.projected();
    const second = await listed(`?limit=2&before=${first.next}`);
    expect(second).toEqual({ chats: [104, 101], next: chats[0]!.seq });
    expect(await listed(`?limit=2&before=${second.next}`)).toEqual({ chats: [], next: null });
    expect((await listed('?limit=2')).chats).toEqual([103, 105]);
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'before=0', 'before=-1', 'before=1e3'])(
    'are not listed with %s',
    async (parameter) => {
      const { status, body } = await query.get(`/chats?${parameter}`, '7');
      expect(status).toBe(400);
      expect(body).toMatchObject({ errors: [{ reason: 'VALIDATION', field: parameter.split('=')[0] }] });
    },
  );

  it('are read newest first by default, page by page', async () => {
    const first = await query.get(`/chats/${chat.seq}/messages?limit=5`, '8');
    expect(first.status).toBe(200);
    expect(numbers(first)).toEqual([12, 11, 10, 9, 8]);
    expect(page(first).next).toBe(8);
    const second = await query.get(`/chats/${chat.seq}/messages?limit=5&before=8`, '8');
    expect(numbers(second)).toEqual([7, 6, 5, 4, 3]);
    const last = await query.get(`/chats/${chat.seq}/messages?limit=2&before=3`, '8');
    expect(numbers(last)).toEqual([2, 1]);
    expect(page(last).next).toBeNull();
    expect(page(await query.get(`/chats/${chat.seq}/messages?before=1`, '8'))).toEqual({ data: [], next: null });
  });

  it('are read on, oldest first, with after', async () => {
    const first = await query.get(`/chats/${chat.seq}/messages?after=0&limit=10`, '7');
    expect(numbers(first)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(page(first).next).toBe(10);
    const rest = await query.get(`/chats/${chat.seq}/messages?after=10&limit=10`, '7');
    expect(numbers(rest)).toEqual([11, 12]);
    expect(page(rest).next).toBeNull();
  });

  it('say who has seen what', async () => {
    const { data } = page(await query.get(`/chats/${chat.seq}/messages`, '7'));
    const bySelf = data.filter(({ sender_id }) => sender_id === 7);
    expect(bySelf.map(({ n, seen }) => [n, seen])).toEqual([
      [11, false],
      [10, true],
      [8, true],
      [7, true],
      [5, true],
      [4, true],
      [2, true],
      [1, true],
    ]);
    expect(
      data.filter(({ sender_id }) => sender_id === 8).every(({ seen, seen_at }) => !seen && seen_at === null),
    ).toBe(true);
    expect(data.at(-1)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      chat_id: chat.seq,
      sender_id: 7,
      receiver_id: 8,
      message: 'message 1',
      seen: true,
      seen_at: expect.stringMatching(/Z$/),
      created_at: expect.stringMatching(/Z$/),
      n: 1,
      rev: 1,
    });
  });

  it('are for their two people: anybody else finds nothing, as with no chat at all', async () => {
    const message = await query.sayTo(chat, '7', '8', 'not a chat');
    const answers = [
      await query.get(`/chats/${chat.seq}/messages`, '9'),
      await query.get(`/chats/${message.seq}/messages`, '7'),
      await query.get(`/chats/${message.seq + 1_000_000}/messages`, '7'),
      await query.get(`/chats/9007199254740991/messages`, '7'),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(404);
      expect(body).toMatchObject({ errors: [{ reason: 'NOT_FOUND', field: 'id', message: 'no such chat' }] });
    }
  });

  it.each([
    ['abc/messages', 'id'],
    ['0/messages', 'id'],
    ['-1/messages', 'id'],
    ['1.5/messages', 'id'],
    ['99999999999999999999/messages', 'id'],
    ['1/messages?before=0', 'before'],
    ['1/messages?before=x', 'before'],
    ['1/messages?after=-1', 'after'],
    ['1/messages?after=1&after=2', 'after'],
    ['1/messages?before=5&after=1', 'after'],
    ['1/messages?limit=0', 'limit'],
    ['1/messages?limit=201', 'limit'],
  ])('refuses /chats/%s', async (path, field) => {
    const { status, body } = await query.get(`/chats/${path}`, '7');
    expect(status).toBe(400);
    expect(body).toMatchObject({ statusCode: 400, errors: [{ reason: 'VALIDATION', field, additional: null }] });
  });
});
