import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import type { ChatClient, Received } from './chat-client.js';
import { until } from './until.js';

// Section 3 of the contract: the one answer to a frame that carries an id.

let system: ChatUnderTest;
let gateway: Gateway;
let other: Gateway;

beforeAll(async () => {
  system = await ChatUnderTest.start();
  [gateway, other] = await Promise.all([system.startGateway(), system.startGateway()]);
});
afterAll(() => system.stop());

interface Answer extends Received {
  readonly id: string;
  readonly data: Record<string, unknown>;
}

const isAnswer = (frame: Received): frame is Answer => frame.event === 'ack' || frame.event === 'nack';

/** The next answer to a frame's id; what else comes before it stays in `frames`. */
async function answer(client: ChatClient): Promise<Answer> {
  for (;;) {
    const frame = await client.next();
    if (isAnswer(frame)) return frame;
  }
}

const answers = ({ frames }: ChatClient): Answer[] => frames.filter(isAnswer);
const nack = (id: string, code: string, message: string, retryable = false) => ({
  event: 'nack',
  id,
  data: { code, message, retryable },
});

describe('a message with an id', () => {
  it('is acknowledged once, with the id that everybody sees it by', async () => {
    const ada = await system.room(gateway, 'ack-1', { clanId: 'ack-1' });
    ada.send('clanMessage', { content: 'hello' }, 'first');
    const ack = await answer(ada);
    expect(ack).toEqual({ event: 'ack', id: 'first', data: { message_id: expect.stringMatching(/^[0-9a-f]{24}$/) } });
    await until('it is told', () => ada.frames.length >= 2);
    await ada.quiet();
    expect(ada.frames).toHaveLength(2);
    expect(ada.frames.find(({ message }) => message)?.message?.['_id']).toBe(ack.data['message_id']);
  });

  it('is the same message with the same ack again, at whichever gateway, and at two of them at the same moment', async () => {
    const token = { clanId: 'ack-2' };
    const [here, there] = [await system.room(gateway, 'ack-2', token), await system.room(other, 'ack-2', token)];
    for (const [at, id] of [
      ...[here, here, there].map((client) => [client, 'again'] as const),
      ...[here, there].map((client) => [client, 'together'] as const),
    ]) {
      at.send('clanMessage', { content: id }, id);
      if (id === 'again') await answer(at);
    }
    await Promise.all([answer(here), answer(there)]);
    const third = await system.startGateway();
    const restarted = await system.room(third, 'ack-2', token);
    restarted.send('clanMessage', { content: 'other words, the same command' }, 'again');
    await answer(restarted);
    const saidHere = () => here.frames.flatMap(({ message }) => (message ? [message] : []));
    await until('both are told', () => saidHere().length >= 2);
    await here.quiet();
    const said = saidHere();
    expect(said.map(({ content }) => content)).toEqual(['again', 'together']);
    for (const [index, id] of ['again', 'together'].entries()) {
      const acks = [here, there, restarted].flatMap(answers).filter((each) => each.id === id);
      expect(acks).toHaveLength(id === 'again' ? 4 : 2);
      for (const ack of acks) {
        expect(ack).toEqual({ event: 'ack', id, data: { message_id: said[index]!['_id'] } });
      }
    }
  });
});

describe('what else has an id', () => {
  it('is acknowledged in the room chat: a reaction', async () => {
    const ada = await system.room(gateway, 'ack-3', { clanId: 'ack-3' });
    ada.send('clanMessage', { content: 'hello' });
    const message_id = (await ada.next()).message?.['_id'];
    ada.send('clanMessageReaction', { message_id, emoji: '👍' }, 'r');
    expect(await answer(ada)).toEqual({ event: 'ack', id: 'r', data: { message_id } });
  });

  it('is acknowledged in the direct chat behind its own answer: chats, messages, seen marks, lists', async () => {
    const [ada, bob] = [await system.direct(gateway, 71), await system.direct(other, 72)];
    ada.send('create_chat', { receiver_id: 72 }, 'open');
    const chat_id = (await answer(ada)).data['chat_id'];
    expect(ada.frames).toMatchObject([
      { event: 'chat_created', data: { id: chat_id } },
      { event: 'ack', id: 'open', data: { chat_id } },
    ]);
    ada.send('create_message', { chat_id, receiver_id: 72, message: 'hello' }, 'say');
    const { data } = await answer(ada);
    expect((await bob.next()).data).toMatchObject({ id: data['message_id'] });
    bob.send('seen_message', { chat_id }, 'seen');
    expect(await bob.next()).toEqual({ event: 'ack', id: 'seen', data: { chat_id } });
    bob.send('chat_messages', { chat_id }, 'read');
    bob.send('get_chats', undefined, 'list');
    expect((await bob.take(4)).map(({ event, id }) => [event, id])).toEqual([
      ['get_all_chat_messages', undefined],
      ['ack', 'read'],
      ['updated_chat_list', undefined],
      ['ack', 'list'],
    ]);
  });

  it('is refused in one way at both endpoints, and in the words of each without an id', async () => {
    const [room, direct] = [await system.room(gateway, 'ack-4'), await system.direct(gateway, 73)];
    room.send('clanMessage', { content: 'anybody?' }, 'a');
    room.send('clanMessage', {}, 'b');
    room.send('clanMessage', undefined, 'c');
    room.send('shout', {}, 'd');
    room.sendRaw('{"id":"e","data":{}}');
    room.sendRaw(Buffer.from('{}'), true);
    expect(await room.take(6)).toEqual([
      nack('a', 'no_clan', 'you are in no clan'),
      nack('b', 'required', expect.stringContaining('content') as unknown as string),
      nack('c', 'required', 'data must be an object {content, feeling, reply_to}'),
      nack('d', 'unknown_event', 'there is no such event'),
      nack('e', 'required', 'event must be a string'),
      { error: 'a frame must be text, not binary' },
    ]);
    direct.send('create_chat', { receiver_id: 73 }, 'a');
    direct.send('chat_messages', { chat_id: 1_000_000 }, 'b');
    direct.send('chat_messages', { chat_id: 1_000_000 });
    // Nobody can say which frame an id that is none belongs to.
    direct.sendRaw('{"event":"get_chats","id":7}');
    expect(await direct.take(4)).toEqual([
      nack('a', 'same_person', 'a chat needs two people: receiver_id is your own id'),
      nack('b', 'not_found', 'no such chat'),
      { event: 'exception', data: { status: 'error', message: 'no such chat', code: 'not_found' } },
      { event: 'exception', data: expect.objectContaining({ code: 'invalid' }) },
    ]);
  });
});
