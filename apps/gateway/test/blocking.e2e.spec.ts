import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { directRoom } from '#domain';
import { decodeRecord } from '#event-store';
import { ask, codeOf } from './ask.js';
import type { ChatClient } from './chat-client.js';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';

// Bob blocks Ada, at another gateway than hers.

let system: ChatUnderTest;
let one: Gateway;
let two: Gateway;
/** Where what is said to who blocks is refused. */
let strict: Gateway;
let people = 700;
beforeAll(async () => {
  system = await ChatUnderTest.start();
  [one, two] = [await system.startGateway(), await system.startGateway()];
  strict = await system.startGateway({ blockedMessages: 'refused' });
});
afterAll(() => system.stop());

interface Message {
  readonly id: string;
  readonly message: string;
  readonly n: number;
  readonly deleted?: true;
}
interface Chat {
  readonly receiver_id: number;
  readonly unread_count: number;
  readonly updated_at: string;
  readonly last_message: Message | null;
  readonly blocked?: true;
}

async function list<T>(client: ChatClient, event: string, data?: object): Promise<readonly T[]> {
  const before = client.frames.length;
  const answers = ['updated_chat_list', 'get_all_chat_messages'];
  client.send(event, data);
  const found = () => client.frames.slice(before).find((frame) => answers.includes(frame.event ?? ''));
  await until(`a list for ${event}`, () => found() !== undefined);
  return found()!.data as T[];
}

const told = (client: ChatClient, event = 'response_message'): Message[] =>
  client.frames.filter((frame) => frame.event === event).map(({ data }) => data as Message);
const texts = (messages: readonly Message[]) =>
  messages.map(({ n, message, deleted = false }) => [n, message, deleted]);

/** Two people and their chat, and Bob's other connection, which has subscribed to what changes. */
async function pair(gateway = one) {
  const [a, b] = [people++, people++];
  const ada = await system.direct(gateway, a);
  const [bob, client] = [await system.direct(two, b), await system.direct(two, b)];
  client.send('subscribe', { to: ['changes', 'typing', 'seen'] }, 's');
  ada.send('subscribe', { to: ['changes', 'typing', 'seen'] }, 's');
  const { data } = (await ask(ada, 'create_chat', { receiver_id: b })) as { data: { chat_id: number } };
  const { chat_id } = data;
  const say = async (text: string, id?: string) => {
    const answer = await ask(ada, 'create_message', { chat_id, receiver_id: b, message: text }, id);
    if (answer.event === 'ack') await until(`${text} is told`, () => told(ada).some(({ message }) => message === text));
    return answer;
  };
  const answerBack = async (text: string) => {
    await ask(bob, 'create_message', { chat_id, receiver_id: a, message: text });
    for (const each of [ada, bob, client]) {
      await until(`${text} is told`, () => told(each).some(({ message }) => message === text));
    }
  };
  const idOf = (text: string) => told(ada).find(({ message }) => message === text)!.id;
  const chatOf = async (each: ChatClient) => (await list<Chat>(each, 'get_chats'))[0]!;
  return { a, b, ada, bob, client, chat_id, say, answerBack, idOf, chatOf, room: directRoom(`${a}`, `${b}`) };
}

const blockEvents = async (a: number, b: number) => {
  const events = [];
  for await (const record of system.log.read({ filter: { room: directRoom(`${a}`, `${b}`), kind: 'block' } }))
    events.push(decodeRecord(record));
  return events;
};

describe('who is blocked', () => {
  it('is answered as ever, and what they say is told to nobody but themselves', async () => {
    const { ada, bob, client, chat_id, say, answerBack, chatOf } = await pair();
    await say('before');
    await until('Bob has it', () => told(bob).length === 1 && told(client).length === 1);
    const chat = await chatOf(bob);
    expect(await ask(bob, 'block_chat', { chat_id }, 'b-1')).toEqual({ event: 'ack', id: 'b-1', data: { chat_id } });
    const plainFrames = bob.frames.length;
    expect(codeOf(await say('hidden'))).toBe('ack');
    expect(codeOf(await say('hidden too'))).toBe('ack');
    await until('the place is told', () => told(client).length === 3);
    expect(texts(told(client))).toEqual([
      [1, 'before', false],
      [2, '', true],
      [3, '', true],
    ]);
    expect(bob.frames.slice(plainFrames)).toEqual([]);
    await answerBack('but I may');
    expect(texts(told(bob))).toEqual([
      [1, 'before', false],
      [4, 'but I may', false],
    ]);
    expect(JSON.stringify([bob.frames, client.frames])).not.toContain('hidden');
    // As each of the two has it.
    expect(texts(await list(ada, 'chat_messages', { chat_id })).map(([, text]) => text)).toEqual([
      ...['before', 'hidden', 'hidden too', 'but I may'],
    ]);
    const [first, ...rest] = texts(await list(bob, 'chat_messages', { chat_id }));
    expect([first, ...rest]).toEqual([
      [1, 'before', false],
      [2, '', true],
      [3, '', true],
      [4, 'but I may', false],
    ]);
    expect(await chatOf(ada)).not.toHaveProperty('blocked');
    expect(await chatOf(bob)).toMatchObject({ blocked: true, unread_count: chat.unread_count });
  });

  it('moves no chat up, is not unread, not seen, and not seen typing', async () => {
    const { b, ada, bob, client, chat_id, say, chatOf } = await pair();
    await say('before');
    await until('Bob has it', () => told(bob).length === 1);
    await ask(bob, 'block_chat', { chat_id });
    // Answered once it is in the log, and shown soon.
    await until('it is shown', async () => (await chatOf(bob)).blocked === true);
    const chat = await chatOf(bob);
    await say('hidden');
    await until('the place is told', () => told(client).length === 2);
    expect(await chatOf(bob)).toEqual(chat);
    expect(chat).toMatchObject({ unread_count: 1, last_message: { message: 'before' } });
    expect((await chatOf(ada)).last_message).toMatchObject({ message: 'hidden' });
    await ask(bob, 'seen_message', { chat_id });
    await until('it is told', () => told(ada, 'seen').length === 1);
    expect(told(ada, 'seen')).toMatchObject([{ chat_id, user_id: b, n: 1 }]);
    expect((await list<{ seen: boolean }>(ada, 'chat_messages', { chat_id })).map(({ seen }) => seen)).toEqual([
      true,
      false,
    ]);
    expect(codeOf(await ask(ada, 'typing', { chat_id }))).toBe('ack');
    await ask(bob, 'unblock_chat', { chat_id });
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(told(client, 'typing')).toEqual([]);
    await until('it is told', async () => {
      await ask(ada, 'typing', { chat_id });
      return told(client, 'typing').length > 0;
    });
  });

  it('neither edits what they said before into something else, nor is what is hidden replied to', async () => {
    const { a, ada, bob, client, chat_id, say, idOf, chatOf } = await pair();
    await say('before');
    await until('Bob has it', () => told(client).length === 1);
    await ask(bob, 'block_chat', { chat_id });
    await say('hidden');
    expect(codeOf(await ask(ada, 'edit_message', { chat_id, message_id: idOf('before'), message: 'worse' }))).toBe(
      'ack',
    );
    expect(codeOf(await ask(ada, 'edit_message', { chat_id, message_id: idOf('hidden'), message: 'worse' }))).toBe(
      'ack',
    );
    await until('it is told', () => told(client, 'message_changed').length === 2);
    expect(texts(told(client, 'message_changed'))).toEqual([
      [1, '', true],
      [2, '', true],
    ]);
    await until('it is told to her', () => told(ada, 'message_changed').length === 2);
    expect(texts(told(ada, 'message_changed')).map(([, text]) => text)).toEqual(['worse', 'worse']);
    expect((await chatOf(bob)).last_message).toMatchObject({ n: 1, message: '', deleted: true });
    expect(JSON.stringify([bob.frames, client.frames])).not.toContain('worse');
    const reply = { chat_id, receiver_id: a, message: 'what?', reply_to: idOf('hidden') };
    expect(codeOf(await ask(bob, 'create_message', reply))).toBe('deleted');
    expect(codeOf(await ask(ada, 'delete_message', { chat_id, message_id: idOf('hidden') }))).toBe('ack');
  });

  it('is heard again once that is taken back; what was said meanwhile stays hidden, for who was away too', async () => {
    const { b, bob, client, chat_id, say } = await pair();
    await say('before');
    await until('Bob has it', () => told(client).length === 1);
    await ask(bob, 'block_chat', { chat_id });
    await say('hidden');
    await until('the place is told', () => told(client).length === 2);
    expect(codeOf(await ask(bob, 'unblock_chat', { chat_id }))).toBe('ack');
    await say('after');
    for (const each of [bob, client]) {
      await until('it is told', () => told(each).at(-1)?.message === 'after');
    }
    expect(texts(told(bob))).toEqual([
      [1, 'before', false],
      [3, 'after', false],
    ]);
    const rooms = { [`direct:${chat_id}`]: { n: 0, rev: 0 } };
    for (const to of [['changes'], []]) {
      const back = await system.direct(one, b);
      await ask(back, 'subscribe', { to });
      await ask(back, 'resume', { rooms });
      const shown = [
        [1, 'before', false],
        [2, '', true],
        [3, 'after', false],
      ];
      expect(texts(told(back))).toEqual(to.length > 0 ? shown : shown.filter(([, , deleted]) => deleted === false));
      expect(JSON.stringify(back.frames)).not.toContain('hidden');
    }
    expect((await list<Chat>(bob, 'get_chats'))[0]).not.toHaveProperty('blocked');
  });

  it('is so once, however often it is asked for, in chats of one’s own alone, and each side by itself', async () => {
    const { a, b, ada, bob, chat_id, say } = await pair();
    for (const id of ['b-1', 'b-1', 'b-2']) expect(codeOf(await ask(bob, 'block_chat', { chat_id }, id))).toBe('ack');
    expect(codeOf(await ask(ada, 'block_chat', { chat_id }))).toBe('ack');
    for (let i = 0; i < 2; i++) expect(codeOf(await ask(bob, 'unblock_chat', { chat_id }))).toBe('ack');
    expect(await blockEvents(a, b)).toMatchObject([
      { type: 'PersonBlocked', by: `${b}`, blockers: [`${b}`] },
      { type: 'PersonBlocked', by: `${a}`, blockers: [`${a}`, `${b}`] },
      { type: 'PersonUnblocked', by: `${b}`, blockers: [`${a}`] },
    ]);
    await say('he hears it');
    await until('it is told', () => told(bob).length === 1);
    await ask(bob, 'create_message', { chat_id, receiver_id: a, message: 'she does not' });
    await until('the place is told', () => told(ada).length === 2);
    expect(texts(told(ada))).toEqual([
      [1, 'he hears it', false],
      [2, '', true],
    ]);
    const eve = await system.direct(one, people++);
    for (const event of ['block_chat', 'unblock_chat']) {
      expect(codeOf(await ask(eve, event, { chat_id }))).toBe('not_found');
      expect(codeOf(await ask(eve, event, { chat_id: 999_999_999 }))).toBe('not_found');
    }
  });
});

describe('where it is refused', () => {
  it('a message and an edit are answered blocked, but for what was said before, at once at every gateway', async () => {
    const { ada, bob, client, chat_id, say, idOf } = await pair(strict);
    await say('before', 'm-1');
    await until('Bob has it', () => told(client).length === 1);
    await ask(bob, 'block_chat', { chat_id });
    const took = stopwatch();
    let tries = 0;
    await until('it is refused', async () => codeOf(await say(`late ${++tries}`)) === 'blocked');
    expect(took()).toBeLessThan(2_000);
    expect(await say('refused')).toMatchObject({ event: 'nack', data: { code: 'blocked', retryable: false } });
    const edit = { chat_id, message_id: idOf('before'), message: 'worse' };
    expect(codeOf(await ask(ada, 'edit_message', edit))).toBe('blocked');
    expect(await say('before', 'm-1')).toMatchObject({ event: 'ack', data: { message_id: idOf('before') } });
    expect(codeOf(await ask(ada, 'delete_message', { chat_id, message_id: idOf('before') }))).toBe('ack');
    expect(codeOf(await ask(bob, 'create_message', { chat_id, receiver_id: 1, message: 'x' }))).toBe('wrong_receiver');
    expect(JSON.stringify([bob.frames, client.frames])).not.toContain('late');
    await ask(bob, 'unblock_chat', { chat_id });
    await until('it is taken', async () => codeOf(await say(`again ${++tries}`)) === 'ack');
  });

  it('is known to a gateway that starts later', async () => {
    const { a, b, bob, chat_id } = await pair();
    await ask(bob, 'block_chat', { chat_id });
    const ada = await system.direct(await system.startGateway({ blockedMessages: 'refused' }), a);
    expect(codeOf(await ask(ada, 'create_message', { chat_id, receiver_id: b, message: 'x' }))).toBe('blocked');
  });
});
