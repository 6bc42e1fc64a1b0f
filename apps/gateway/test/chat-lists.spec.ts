import { beforeEach, describe, expect, it } from '@jest/globals';
import { directRoom } from '#domain';
import { DirectChats, LogUnavailable } from '#event-store';
import { ChatMessages, ChatMessagesHandler, ChatsOf, ChatsOfHandler } from '../src/commands/chat-lists.js';
import { CallerInMemory, outcomeOf, settled } from './caller-in-memory.js';
import { settle } from './chat-in-memory.js';
import { settings } from './sessions-on-sockets.js';
import { ada, askAnew, bob, chat } from './asked-chat.js';

const room = directRoom('1', '2');

askAnew();

describe('what is asked of direct chats', () => {
  const messages = (caller: CallerInMemory, chatId: number, chatMessagesMax = 1_000) =>
    outcomeOf(
      new ChatMessagesHandler(new DirectChats(chat.log), chat.served, { ...settings, chatMessagesMax }).execute(
        new ChatMessages(caller, chatId),
      ),
    );
  const list = (caller: CallerInMemory, chatsMax = 1_000) =>
    outcomeOf(new ChatsOfHandler(chat.served, { ...settings, chatsMax }).execute(new ChatsOf(caller)));

  beforeEach(async () => {
    chat.open('1', '2');
    for (const [content, by] of [
      ['a', '1'],
      ['b', '2'],
      ['c', '1'],
      ['d', '2'],
    ] as const)
      chat.say(room, content, by);
    chat.seen(room, '2', 3);
    chat.seen(room, '1', 2);
    await chat.timeline.run();
  });

  async function partsOf<T>(outcome: { value?: unknown }): Promise<T[][]> {
    const parts: T[][] = [];
    for await (const part of outcome.value as AsyncIterable<T[]>) parts.push(part);
    return parts;
  }
  const whole = async <T>(outcome: { value?: unknown }): Promise<T[]> => (await partsOf<T>(outcome)).flat();

  it('is answered with the latest messages, oldest first, and whether their receiver has seen them', async () => {
    const shown = async (outcome: { value?: unknown }) =>
      (await whole<{ message: string; seen: boolean }>(outcome)).map(({ message, seen }) => `${message} ${seen}`);
    expect(await shown(await settled(messages(ada, 1)))).toEqual(['a true', 'b true', 'c true', 'd false']);
    expect(await shown(await settled(messages(bob, 1)))).toEqual(['a true', 'b true', 'c true', 'd false']);
    expect(await shown(await settled(messages(ada, 1, 2)))).toEqual(['c true', 'd false']);
  });

  it('is answered part by part where it is long', async () => {
    const contents = Array.from({ length: 250 }, (_, i) => String(i));
    for (const content of contents) chat.say(room, content, '1');
    await chat.timeline.run();
    const parts = await partsOf<{ message: string }>(await settled(messages(ada, 1, 230)));
    expect(parts.map(({ length }) => length)).toEqual([100, 100, 30]);
    expect(parts.flat().map(({ message }) => message)).toEqual(contents.slice(-230));
    expect((await partsOf(await settled(messages(ada, 1, 200)))).map(({ length }) => length)).toEqual([100, 100]);
  });

  it('is answered as far as it went when it was asked for', async () => {
    const { value } = await settled(messages(ada, 1));
    const parts = value as AsyncIterable<{ message: string }[]>;
    const marks = chat.gates.hold('range marks of timeline-1');
    const answer = whole<{ message: string }>({ value: parts });
    await settle();
    chat.say(room, 'meanwhile', '1');
    await chat.timeline.run();
    marks.release();
    await settle();
    expect((await answer).map(({ message }) => message)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is answered with nothing where nothing was said', async () => {
    const { chatId } = chat.open('1', '5');
    await chat.timeline.run();
    expect(await whole(await settled(messages(ada, chatId)))).toEqual([]);
  });

  it('is refused to who is not in the chat, or where there is none', async () => {
    for (const [caller, chatId] of [
      [new CallerInMemory('3'), 1],
      [ada, 2],
    ] as const) {
      expect((await settled(messages(caller, chatId))).value).toMatchObject({ refusal: { code: 'not_found' } });
    }
  });

  it('is not asked of the log where that is away', async () => {
    ada.refusal = new LogUnavailable('away');
    expect((await settled(messages(ada, 1))).error).toBeInstanceOf(LogUnavailable);
  });

  it('are the chats part by part where they are many', async () => {
    for (let other = 100; other < 230; other++) chat.open('1', String(other));
    await chat.timeline.run();
    const parts = await partsOf(await settled(list(ada, 120)));
    expect(parts.map(({ length }) => length)).toEqual([100, 20]);
  });

  it('are the latest chats, latest first', async () => {
    chat.open('1', '3');
    chat.say(chat.open('1', '4').room, 'x', '4');
    chat.say(room, 'latest', '2');
    await chat.timeline.run();
    const ids = async (outcome: { value?: unknown }) =>
      (await whole<{ receiver_id: number }>(outcome)).map(({ receiver_id }) => receiver_id);
    expect(await ids(await settled(list(ada)))).toEqual([2, 4, 3]);
    expect(await ids(await settled(list(ada, 2)))).toEqual([2, 4]);
    expect(await ids(await settled(list(bob)))).toEqual([1]);
  });
});
