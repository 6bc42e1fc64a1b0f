import { Blocks } from '../src/commands/blocks.js';
import { KnownMessages } from '../src/commands/known-messages.js';
import { RecentMessages } from '../src/commands/recent-messages.js';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { commandKey, directRoom } from '#domain';
import { DirectChats, decodeRecord, LogUnavailable, OutcomeUnknown } from '#event-store';
import { ReadModelsUnavailable } from '#read-models';
import { MarkChatSeen, MarkChatSeenHandler } from '../src/commands/mark-seen.js';
import { PostDirectMessage, PostDirectMessageHandler } from '../src/commands/post-message.js';
import { OpenDirectChat, OpenDirectChatHandler } from '../src/commands/open-chat.js';
import { CallerInMemory, outcomeOf, settled } from './caller-in-memory.js';
import { settle } from './chat-in-memory.js';
import { settings } from './sessions-on-sockets.js';
import { ada, askAnew, bob, chat, types } from './asked-chat.js';

const ENTRY = 'get inbox of timeline-1';
const room = directRoom('1', '2');

askAnew();

describe('a chat that is opened', () => {
  const open = (caller: CallerInMemory, receiverId: string, clientId?: string) =>
    outcomeOf(
      new OpenDirectChatHandler(chat.log, chat.served).execute(new OpenDirectChat(caller, receiverId, clientId)),
    );

  it('is answered once the caller finds it in the list of theirs', async () => {
    const opened = open(ada, '2', 'c1');
    await settle();
    expect([opened, types()]).toEqual([{}, ['ChatCreated']]);
    expect(chat.server.records[0]!.id).toBe(`chat.${commandKey('1', room, 'c1')}`);
    await chat.timeline.run();
    await settle();
    expect(opened.value).toMatchObject({ chatId: 1, userId: '1', receiverId: '2', unread: 0, last: null });
  });

  it('is there once, whichever side opens it, and shows what is in it', async () => {
    const [one, other] = [open(ada, '2'), open(bob, '1')];
    await settle();
    await chat.timeline.run();
    chat.say(room, 'hello', '2');
    await chat.timeline.run();
    await settle();
    expect(types()).toEqual(['ChatCreated', 'MessageCreated']);
    expect([one.value, other.value]).toMatchObject([
      { chatId: 1, receiverId: '2', unread: 1 },
      { chatId: 1, receiverId: '1', unread: 0 },
    ]);
    expect((await settled(open(ada, '2'))).value).toMatchObject({ chatId: 1, last: { content: 'hello' } });
  });

  it('is answered from the log where the read model is late by two seconds, or away', async () => {
    const late = open(ada, '2');
    await settle(1_990);
    expect(late).toEqual({});
    await settle(50);
    const found = { chatId: 1, users: ['1', '2'], unread: 0, last: null };
    expect(late.value).toMatchObject({ ...found, receiverId: '2', createdAt: expect.any(String) });
    chat.gates.fail(ENTRY, new ReadModelsUnavailable('away'));
    expect((await settled(open(bob, '1'))).value).toMatchObject({ ...found, receiverId: '1' });
  });

  it('with oneself is refused', async () => {
    expect((await settled(open(ada, '1'))).value).toMatchObject({ refusal: { code: 'same_person' } });
  });
});

describe('a chat that is seen', () => {
  const see = (caller: CallerInMemory, chatId: number) =>
    outcomeOf(
      new MarkChatSeenHandler(chat.log, new DirectChats(chat.log), chat.served).execute(
        new MarkChatSeen(caller, chatId),
      ),
    );

  beforeEach(async () => {
    chat.open('1', '2');
    for (const content of ['a', 'b']) chat.say(room, content, '1');
    await chat.timeline.run();
  });

  it('is answered once the counts of the caller show it', async () => {
    const seen = see(bob, 1);
    await settle();
    expect(seen).toEqual({});
    expect(decodeRecord(chat.server.records.at(-1)!)).toMatchObject({ type: 'MessagesSeen', room, userId: '2', n: 2 });
    chat.say(room, 'c', '1');
    await chat.timeline.run();
    await settle();
    expect(seen.value).toEqual({ ack: { chat_id: 1 } });
  });

  it('up to there already is not marked again', async () => {
    const first = see(bob, 1);
    await settle();
    await chat.timeline.run();
    await settle();
    expect(first.value).toEqual({ ack: { chat_id: 1 } });
    expect((await settled(see(bob, 1))).value).toEqual({ ack: { chat_id: 1 } });
    expect(types().filter((type) => type === 'MessagesSeen')).toHaveLength(1);
  });

  it('is not waited for longer than two seconds, nor once the connection has ended', async () => {
    const late = see(bob, 1);
    await settle(1_990);
    expect(late).toEqual({});
    await settle(50);
    expect(late.value).toEqual({ ack: { chat_id: 1 } });
    chat.say(room, 'c', '1');
    await chat.timeline.run();
    const left = see(bob, 1);
    await settle();
    expect(left).toEqual({});
    bob.isOpen = false;
    await settle(40);
    expect(left.value).toEqual({ ack: { chat_id: 1 } });
  });

  it('by somebody else, or is none, is refused', async () => {
    for (const [caller, chatId] of [
      [new CallerInMemory('3'), 1],
      [ada, 2],
      [ada, 99],
    ] as const) {
      expect((await settled(see(caller, chatId))).value).toMatchObject({
        refusal: { code: 'not_found', field: 'chat_id' },
      });
    }
  });

  it('is marked once it is known how far, and not where the read model does not answer', async () => {
    chat.gates.fail(ENTRY, new ReadModelsUnavailable('away'));
    expect((await settled(see(bob, 1))).error).toBeInstanceOf(ReadModelsUnavailable);
    expect(types()).not.toContain('MessagesSeen');
  });
});

const poster = () => {
  const recent = new RecentMessages();
  const known = new KnownMessages(chat.served, recent, chat.log);
  return new PostDirectMessageHandler(
    chat.log,
    new DirectChats(chat.log),
    recent,
    known,
    new Blocks(chat.log),
    settings,
    null,
  );
};

describe('a reply in a direct chat', () => {
  const reply = (chatId: number, replyTo: string) =>
    outcomeOf(poster().execute(new PostDirectMessage(bob, chatId, '1', 'hello yourself', replyTo)));

  it('names a message of the same chat, and no other', async () => {
    const { room, chatId } = chat.open('1', '2');
    const { room: other } = chat.open('2', '3');
    const here = chat.say(room, 'hello', '1');
    const there = chat.say(other, 'hello', '3');
    await chat.timeline.run();
    expect((await settled(reply(chatId, here))).value).toMatchObject({ ack: {} });
    expect(decodeRecord(chat.server.records.at(-1)!)).toMatchObject({ room, replyTo: here });
    await chat.timeline.run();
    for (const replyTo of [there, 'nonsense']) {
      expect((await settled(reply(chatId, replyTo))).value).toMatchObject({
        refusal: { code: 'not_found', field: 'reply_to' },
      });
    }
    expect((await settled(reply(99, here))).value).toMatchObject({ refusal: { code: 'not_found', field: 'chat_id' } });
    chat.edit(room, here, null);
    await chat.timeline.run();
    expect((await settled(reply(chatId, here))).value).toMatchObject({
      refusal: { code: 'deleted', field: 'reply_to' },
    });
  });
});

it('a reply to another message is another one, also where what came of the one before is unknown', async () => {
  const { room, chatId } = chat.open('1', '2');
  const ids = ['a', 'b'].map((content) => chat.say(room, content, '1'));
  await chat.timeline.run();
  chat.log.connection.gates.fail('append answer', new OutcomeUnknown('no answer'));
  const reply = (id: string) => outcomeOf(poster().execute(new PostDirectMessage(bob, chatId, '1', 'yes', id)));
  expect((await settled(reply(ids[0]!))).error).toBeInstanceOf(OutcomeUnknown);
  for (const id of [ids[1]!, ids[0]!]) expect((await settled(reply(id))).value).toMatchObject({ ack: {} });
  const replies = chat.server.records.slice(3).map((record) => decodeRecord(record));
  expect(replies).toMatchObject(ids.map((replyTo) => ({ replyTo })));
});

describe('a command of a direct chat', () => {
  const commands = {
    see: () =>
      new MarkChatSeenHandler(chat.log, new DirectChats(chat.log), chat.served).execute(new MarkChatSeen(bob, 1)),
    post: () => poster().execute(new PostDirectMessage(bob, 1, '1', 'hello', null)),
  };
  beforeEach(async () => {
    chat.open('1', '2');
    await chat.timeline.run();
  });

  it.each(['see', 'post'] as const)(
    'to %s is given up after 4.5 s where the log never says which chat that is',
    async (name) => {
      chat.log.connection.gates.hold('recordAt');
      const outcome = outcomeOf(commands[name]());
      await settle(4_450);
      expect(outcome).toEqual({});
      await settle(100);
      expect(outcome.error).toBeInstanceOf(LogUnavailable);
    },
  );

  it('to see is given up after 4.5 s where the read model never says how far that is', async () => {
    chat.gates.hold(ENTRY);
    const outcome = outcomeOf(commands.see());
    await settle(4_450);
    expect(outcome).toEqual({});
    await settle(100);
    expect(outcome.error).toBeInstanceOf(ReadModelsUnavailable);
    expect(types()).toEqual(['ChatCreated']);
  });
});
