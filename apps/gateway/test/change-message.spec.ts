import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, commandKey, directRoom, GLOBAL_ROOM, type WordFilter } from '#domain';
import { decodeRecord, DirectChats } from '#event-store';
import { ChangeMessage, ChangeMessageHandler } from '../src/commands/change-message.js';
import { Blocks } from '../src/commands/blocks.js';
import { KnownMessages } from '../src/commands/known-messages.js';
import { RecentMessages } from '../src/commands/recent-messages.js';
import { CallerInMemory, outcomeOf, settled } from './caller-in-memory.js';
import { ChatInMemory, holdTime, settle } from './chat-in-memory.js';

let chat: ChatInMemory;
let recent: RecentMessages;
let ada: CallerInMemory;
beforeEach(async () => {
  holdTime();
  jest.setSystemTime(new Date('2026-01-01T00:10:00.000Z'));
  chat = await ChatInMemory.start();
  recent = new RecentMessages();
  ada = new CallerInMemory('1', '7');
});
afterEach(() => {
  jest.useRealTimers();
});

interface Given {
  readonly by?: CallerInMemory;
  readonly within?: number;
  readonly id?: string;
  readonly reason?: string;
  readonly blockedMessages?: 'hidden' | 'refused';
  readonly filter?: WordFilter;
}

const blocks = () => new Blocks(chat.log);

const change = (
  room: 'global' | 'clan' | number,
  messageId: string,
  content: string | null,
  { by = ada, within = 900, id, reason, blockedMessages = 'hidden', filter }: Given = {},
) => {
  const messages = new KnownMessages(chat.served, recent, chat.log);
  const settings = { editWithinSeconds: within, blockedMessages };
  const handler = new ChangeMessageHandler(
    ...([chat.log, new DirectChats(chat.log), messages, blocks(), settings, filter ?? null] as const),
  );
  return settled(outcomeOf(handler.execute(new ChangeMessage(by, room, messageId, content, id, reason))));
};
const changes = () =>
  chat.server.records.map((record) => decodeRecord(record)).filter(({ id }) => /^(edit|delete)\./.test(id));
const refusal = (code: string, field = 'message_id') => ({ refusal: { code, field } });

describe('a change of a message', () => {
  it('of one’s own is in the log once it is answered: an edit, and a deletion', async () => {
    const id = chat.say(clanRoom('7'), 'hello', '1');
    await chat.timeline.run();
    expect((await change('clan', id, 'hello!', { id: 'c1' })).value).toEqual({ ack: { message_id: id } });
    expect((await change('clan', id, null, { id: 'c1' })).value).toEqual({ ack: { message_id: id } });
    const [room, userId] = [clanRoom('7'), '1'];
    expect(changes()).toMatchObject([
      {
        type: 'MessageEdited',
        room,
        id: `edit.${commandKey('1', room, 'c1')}`,
        messageId: id,
        userId,
        content: 'hello!',
      },
      // By the same id of the client's it is another command all the same.
      { type: 'MessageDeleted', room, id: `delete.${commandKey('1', room, 'c1')}`, messageId: id, userId },
    ]);
  });

  it('is refused of somebody else’s, in another room, too late, and of what was deleted', async () => {
    const theirs = chat.say(clanRoom('7'), 'hello', '2');
    const mine = chat.say(GLOBAL_ROOM, 'hello', '1');
    await chat.timeline.run();
    expect((await change('clan', theirs, 'x')).value).toMatchObject(refusal('not_yours'));
    expect((await change('clan', theirs, null)).value).toMatchObject(refusal('not_yours'));
    expect((await change('clan', mine, 'x')).value).toMatchObject(refusal('not_found'));
    expect((await change('global', 'nonsense', null)).value).toMatchObject(refusal('not_found'));
    // It was said at midnight, and it is ten past by now.
    expect((await change('global', mine, 'x', { within: 600 })).value).toMatchObject(refusal('too_late'));
    expect((await change('global', mine, 'x', { within: 0 })).value).toMatchObject(refusal('too_late'));
    expect(changes()).toEqual([]);
    expect((await change('global', mine, null, { within: 0 })).value).toEqual({ ack: { message_id: mine } });
    await chat.timeline.run();
    expect((await change('global', mine, 'x')).value).toMatchObject(refusal('deleted'));
    expect((await change('global', mine, null)).value).toEqual({ ack: { message_id: mine } });
    expect(changes()).toHaveLength(1);
  });

  it('by a moderator takes away what others said in their room, with a reason, and nowhere else', async () => {
    const { room: direct, chatId } = chat.open('1', '2');
    const [inClan, inGlobal, inDirect] = [clanRoom('7'), GLOBAL_ROOM, direct].map((room) => chat.say(room, 'x', '2'));
    await chat.timeline.run();
    ada.moderates = { clanId: '7', global: false };
    const take = (room: 'global' | 'clan' | number, id: string) => change(room, id, null, { reason: 'not kind' });
    expect((await take('global', inGlobal!)).value).toMatchObject(refusal('not_yours'));
    expect((await take(chatId, inDirect!)).value).toMatchObject(refusal('not_yours'));
    expect((await change('clan', inClan!, 'other words')).value).toMatchObject(refusal('not_yours'));
    expect((await take('clan', inClan!)).value).toEqual({ ack: { message_id: inClan } });
    const own = chat.say(clanRoom('7'), 'y', '3');
    await chat.timeline.run();
    expect((await change('clan', own, null)).value).toEqual({ ack: { message_id: own } });
    expect(changes()).toMatchObject([{ messageId: inClan, userId: '1', senderId: '2', reason: 'not kind' }, {}]);
    expect(changes()[1]).not.toHaveProperty('reason');
  });

  it('in a direct chat is for its two people', async () => {
    const { room, chatId } = chat.open('1', '2');
    const id = chat.say(room, 'hello', '1');
    await chat.timeline.run();
    const eve = new CallerInMemory('3');
    expect((await change(chatId, id, 'x', { by: eve })).value).toMatchObject(refusal('not_found', 'chat_id'));
    const none = { code: 'not_found', message: 'no such chat', field: 'chat_id' };
    expect((await change(999, id, 'x')).value).toEqual({ refusal: none });
    expect((await change(chatId, id, 'hello!')).value).toEqual({ ack: { message_id: id } });
    expect(changes()).toMatchObject([{ type: 'MessageEdited', room: directRoom('1', '2'), content: 'hello!' }]);
  });

  it('in a chat with who blocks is said to nobody, or refused where the gateway is to tell', async () => {
    const { room, chatId } = chat.open('1', '2');
    const id = chat.say(room, 'hello', '1');
    const inGlobal = chat.say(GLOBAL_ROOM, 'hello', '1');
    chat.append({
      type: 'PersonBlocked',
      room,
      id: `block.${chat.nextKey()}`,
      at: '2026-01-01T00:00:00.000Z',
      by: '2',
      blockers: ['2'],
    });
    await chat.timeline.run();
    expect((await change(chatId, id, 'x', { blockedMessages: 'hidden' })).value).toEqual({ ack: { message_id: id } });
    const strict = { blockedMessages: 'refused' } as const;
    expect((await change(chatId, id, 'y', strict)).value).toMatchObject({ refusal: { code: 'blocked' } });
    expect((await change('global', inGlobal, 'y', strict)).value).toEqual({ ack: { message_id: inGlobal } });
    expect(changes()).toMatchObject([{ content: 'x' }, { room: GLOBAL_ROOM, content: 'y' }]);
  });

  it('says what the word filter leaves of it, and taking back is not asked of it', async () => {
    const filter: WordFilter = (text) => (text === 'no' ? null : text.toUpperCase());
    const id = chat.say(GLOBAL_ROOM, 'hello', '1');
    await chat.timeline.run();
    expect((await change('global', id, 'no', { filter })).value).toMatchObject(refusal('filtered', 'content'));
    expect((await change('global', id, 'hi', { filter })).value).toEqual({ ack: { message_id: id } });
    expect((await change('global', id, null, { filter })).value).toEqual({ ack: { message_id: id } });
    expect(changes()).toMatchObject([{ type: 'MessageEdited', content: 'HI' }, { type: 'MessageDeleted' }]);
  });

  it('of a message that was just said here waits for it', async () => {
    const id = chat.say(clanRoom('7'), 'hello', '1');
    recent.add(id);
    const messages = new KnownMessages(chat.served, recent, chat.log);
    const settings = { editWithinSeconds: 900, blockedMessages: 'hidden' as const };
    const handler = new ChangeMessageHandler(chat.log, new DirectChats(chat.log), messages, blocks(), settings, null);
    const changing = outcomeOf(handler.execute(new ChangeMessage(ada, 'clan', id, null)));
    await settle(500);
    expect(changing.value).toBeUndefined();
    await chat.timeline.run();
    await settle(100);
    expect(changing.value).toEqual({ ack: { message_id: id } });
  });
});
