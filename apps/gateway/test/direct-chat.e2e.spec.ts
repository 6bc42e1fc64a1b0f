import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';
import { type ChatClient, refusal } from './chat-client.js';

// Section 2 of the contract, row by row.

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
let system: ChatUnderTest;
let gateway: Gateway;
let nextUser = 100;

beforeAll(async () => {
  system = await ChatUnderTest.start();
  gateway = await system.startGateway();
});
afterAll(() => system.stop());

/** Two people nobody else is, with a connection each and a chat. */
async function pair(): Promise<{ a: number; b: number; ada: ChatClient; bob: ChatClient; chat_id: number }> {
  const [a, b] = [nextUser++, nextUser++];
  const [ada, bob] = await Promise.all([system.direct(gateway, a), system.direct(gateway, b)]);
  ada.send('create_chat', { receiver_id: b });
  const { id } = (await ada.next()).data as { id: number };
  return { a, b, ada, bob, chat_id: id };
}

describe('connecting', () => {
  it.each([
    ['the token of another user', () => system.directUrl(gateway, 7, system.token(8))],
    ['no userId', () => `ws://127.0.0.1:${gateway.port}/ws?token=${system.token(7)}`],
    ['a userId spelled otherwise', () => system.directUrl(gateway, '07', system.token(7))],
    ['a user without a number', () => system.directUrl(gateway, 'ada', system.token('ada'))],
    ['no token', () => `ws://127.0.0.1:${gateway.port}/ws?userId=7`],
  ])('is refused with 401: %s', async (_, url) => {
    expect((await refusal(url())).status).toBe(401);
  });
});

describe('create_chat', () => {
  it('answers the caller, and the same pair with the same chat', async () => {
    const [a, b] = [nextUser++, nextUser++];
    const [ada, bob] = await Promise.all([system.direct(gateway, a), system.direct(gateway, b)]);
    ada.send('create_chat', { receiver_id: b });
    const created = await ada.next();
    const { id } = created.data as { id: number };
    expect(created).toEqual({
      event: 'chat_created',
      data: {
        id: expect.any(Number),
        user_ids: [a, b],
        receiver_id: b,
        last_message: null,
        unread_count: 0,
        created_at: time,
        updated_at: time,
      },
    });
    bob.send('create_chat', { receiver_id: a });
    expect(await bob.next()).toMatchObject({ event: 'chat_created', data: { id, receiver_id: a } });
    ada.send('create_chat', { receiver_id: b });
    expect((await ada.next()).data).toMatchObject({ id });
    expect(await ada.quiet(100)).toEqual([]);
  });

  it('with oneself is refused', async () => {
    const a = nextUser++;
    const ada = await system.direct(gateway, a);
    ada.send('create_chat', { receiver_id: a });
    expect(await ada.next()).toEqual({
      event: 'exception',
      data: { status: 'error', code: 'same_person', message: expect.any(String) },
    });
  });
});

describe('create_message', () => {
  it('reaches every device of both, once', async () => {
    const { a, b, ada, bob, chat_id } = await pair();
    const [ada2, bob2] = await Promise.all([system.direct(gateway, a), system.direct(gateway, b)]);
    ada.send('create_message', { chat_id, receiver_id: b, message: 'hi 👋' });
    const frame = await ada.next();
    expect(frame).toEqual({
      event: 'response_message',
      data: {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        chat_id,
        sender_id: a,
        receiver_id: b,
        message: 'hi 👋',
        seen: false,
        seen_at: null,
        created_at: time,
        n: 1,
        rev: 1,
      },
    });
    for (const device of [ada2, bob, bob2]) expect(await device.next()).toEqual(frame);
    bob.send('create_message', { chat_id, receiver_id: a, message: 'hello' });
    for (const device of [ada, ada2, bob, bob2]) {
      expect((await device.next()).data).toMatchObject({ message: 'hello', sender_id: b, receiver_id: a, n: 2 });
    }
  });

  it('works between gateways, in a chat opened while both are connected', async () => {
    const second = await system.startGateway();
    const [a, b] = [nextUser++, nextUser++];
    const [ada, bob] = await Promise.all([system.direct(gateway, a), system.direct(second, b)]);
    ada.send('create_chat', { receiver_id: b });
    const { id: chat_id } = (await ada.next()).data as { id: number };
    for (let i = 0; i < 20; i++) ada.send('create_message', { chat_id, receiver_id: b, message: `m${i}` });
    const messages = (await bob.take(20)).map(({ data }) => (data as { message: string }).message);
    expect(messages).toEqual(Array.from({ length: 20 }, (_, i) => `m${i}`));
    expect((await bob.quiet(100)).length).toBe(0);
  });

  it.each([
    ['the wrong receiver', { receiver_id: 1 }, 'wrong_receiver'],
    ['a chat that is none', { chat_id: 999_999_999 }, 'not_found'],
    ['an event that is no chat', { chat_id: 'the message' }, 'not_found'],
    ['an empty message', { message: '' }, 'invalid'],
    ['a blank message', { message: ' \n' }, 'invalid'],
    ['a message too long', { message: '👋'.repeat(4_001) }, 'invalid'],
    ['no message', { message: undefined }, 'required'],
    ['a lone surrogate', { message: '\ud800' }, 'invalid'],
    ['a receiver in letters', { receiver_id: '7' }, 'invalid'],
  ])('is refused: %s', async (_, wrong: Record<string, unknown>, code) => {
    const { b, ada, chat_id } = await pair();
    const data = { chat_id, receiver_id: b, message: 'x', ...wrong };
    if (wrong['chat_id'] === 'the message') {
      ada.send('create_message', { chat_id, receiver_id: b, message: 'x' });
      await ada.next();
      data.chat_id = await system.log.lastSeq();
    }
    ada.send('create_message', data);
    expect(await ada.next()).toEqual({
      event: 'exception',
      data: { status: 'error', code, message: expect.any(String) },
    });
  });

  it('takes 4,000 characters that are two code units each', async () => {
    const { b, ada, chat_id } = await pair();
    const message = '👋'.repeat(4_000);
    ada.send('create_message', { chat_id, receiver_id: b, message });
    expect((await ada.next()).data).toMatchObject({ message });
  });

  it('in a chat of others is answered as one that is not there', async () => {
    const { ada, b, chat_id } = await pair();
    const eve = await system.direct(gateway, nextUser++);
    for (const event of ['create_message', 'seen_message', 'chat_messages']) {
      eve.send(event, { chat_id, receiver_id: b, message: 'let me in' });
      expect((await eve.next()).data).toEqual({ status: 'error', message: 'no such chat', code: 'not_found' });
    }
    expect(await ada.quiet(100)).toEqual([]);
  });
});

describe('what was seen and said', () => {
  it('seen_message answers nothing, and marks the other side’s messages', async () => {
    const { a, b, ada, bob, chat_id } = await pair();
    ada.send('create_message', { chat_id, receiver_id: b, message: 'one' });
    bob.send('create_message', { chat_id, receiver_id: a, message: 'two' });
    await Promise.all([ada.take(2), bob.take(2)]);
    bob.send('seen_message', { chat_id });
    bob.send('get_chats');
    expect(await bob.next()).toMatchObject({ event: 'updated_chat_list' });
    const entry = async () => {
      ada.send('chat_messages', { chat_id });
      return (await ada.next()) as { event: string; data: { sender_id: number; seen: boolean }[] };
    };
    await until('seen', async () => (await entry()).data.some(({ seen }) => seen));
    const { event, data } = await entry();
    expect(event).toBe('get_all_chat_messages');
    expect(data).toHaveLength(2);
    expect(data.find(({ sender_id }) => sender_id === a)).toMatchObject({ message: 'one', seen: true, seen_at: time });
    expect(data.find(({ sender_id }) => sender_id === b)).toMatchObject({ message: 'two', seen: false, seen_at: null });
  });

  it('get_chats lists the latest first, with the last message and what is unread', async () => {
    const { a, b, ada, bob, chat_id } = await pair();
    const c = nextUser++;
    ada.send('create_chat', { receiver_id: c });
    const other = ((await ada.next()).data as { id: number }).id;
    bob.send('create_message', { chat_id, receiver_id: a, message: 'unread' });
    await ada.next();
    ada.send('get_chats');
    const list = await ada.next();
    expect(list).toMatchObject({
      event: 'updated_chat_list',
      data: [
        {
          id: chat_id,
          receiver_id: b,
          unread_count: 1,
          last_message: { chat_id, sender_id: b, receiver_id: a, message: 'unread', created_at: time },
        },
        { id: other, receiver_id: c, unread_count: 0, last_message: null },
      ],
    });
  });
});

it('queries in the very next frame show what was done', async () => {
  const { a, b, ada, bob, chat_id } = await pair();
  for (let i = 0; i < 5; i++) {
    ada.send('create_message', { chat_id, receiver_id: b, message: 'hello' });
    await Promise.all([ada.next(), bob.next()]);
    bob.send('seen_message', { chat_id });
    bob.send('get_chats');
    bob.send('chat_messages', { chat_id });
    expect(await bob.next()).toMatchObject({ data: [{ id: chat_id, receiver_id: a, unread_count: 0 }] });
    expect((await bob.next()).data).toEqual(Array(i + 1).fill(expect.objectContaining({ seen: true })));
    ada.send('create_chat', { receiver_id: nextUser++ });
    ada.send('get_chats');
    const { data } = await ada.next();
    expect((await ada.next()).data).toContainEqual(data);
  }
});

it('lists hold the latest only, as many as are set', async () => {
  const narrow = await system.startGateway({ lists: { chatMessagesMax: 3, chatsMax: 2 } });
  const ada = await system.direct(narrow, nextUser++);
  const chats: number[] = [];
  const others = [nextUser++, nextUser++, nextUser++];
  for (const receiver_id of others) {
    ada.send('create_chat', { receiver_id });
    chats.push(((await ada.next()).data as { id: number }).id);
  }
  for (let i = 1; i <= 4; i++) {
    ada.send('create_message', { chat_id: chats[0], receiver_id: others[0], message: `${i}` });
    await ada.next();
  }
  ada.send('get_chats');
  ada.send('chat_messages', { chat_id: chats[0] });
  const [list, messages] = (await ada.take(2)).map(({ data }) => data as { id: number; message: string }[]);
  expect(list!.map(({ id }) => id)).toEqual([chats[0], chats[2]]);
  expect(messages!.map(({ message }) => message)).toEqual(['2', '3', '4']);
});

it('answers come in the order of their frames, however long each takes', async () => {
  const { ada, chat_id } = await pair();
  for (let i = 0; i < 10; i++) {
    ada.send('create_chat', { receiver_id: nextUser++ });
    ada.sendRaw('nonsense');
    ada.send('chat_messages', { chat_id });
  }
  const events = (await ada.take(30)).map(({ event }) => event);
  expect(events).toEqual(
    Array.from({ length: 10 }, () => ['chat_created', 'exception', 'get_all_chat_messages']).flat(),
  );
});

it('who comes back is told what is new, and nothing that was before', async () => {
  const { a, b, ada, bob, chat_id } = await pair();
  ada.send('create_message', { chat_id, receiver_id: b, message: 'old' });
  await Promise.all([ada.next(), bob.next()]);
  await bob.close();
  await until('gone', () => gateway.hub.person(String(b)) === null);
  ada.send('create_message', { chat_id, receiver_id: b, message: 'missed' });
  await ada.next();
  const again = await system.direct(gateway, b);
  again.send('create_message', { chat_id, receiver_id: a, message: 'new' });
  expect((await again.next()).data).toMatchObject({ message: 'new', n: 3 });
  expect(await again.quiet(100)).toEqual([]);
});

describe('errors', () => {
  it.each([
    ['not JSON', 'nonsense', 'not_json'],
    ['no object', '[1]', 'not_json'],
    ['an unknown event', '{"event":"nonsense"}', 'unknown_event'],
    ['an event of the other API', '{"event":"globalMessage","data":{"content":"x"}}', 'unknown_event'],
    ['no event', '{"data":{}}', 'required'],
    ['no data', '{"event":"create_chat"}', 'required'],
    ['too deep', `{"event":"create_chat","data":${'['.repeat(20)}${']'.repeat(20)}}`, 'too_deep'],
  ])('are exception frames: %s', async (_, text, code) => {
    const ada = await system.direct(gateway, nextUser++);
    ada.sendRaw(text);
    expect(await ada.next()).toEqual({
      event: 'exception',
      data: { status: 'error', code, message: expect.any(String) },
    });
    ada.send('get_chats');
    expect(await ada.next()).toEqual({ event: 'updated_chat_list', data: [] });
  });
});
