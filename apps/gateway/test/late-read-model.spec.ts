import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM, MODERATES_NOTHING, UnreadableEvent } from '#domain';
import { DirectChats, type EventLog, LogUnavailable } from '#event-store';
import { FrameRefused, UNAVAILABLE } from '#protocol';
import { ReadModelsUnavailable } from '#read-models';
import { Attempts } from '../src/commands/attempts.js';
import type { Caller } from '../src/commands/command.js';
import { MarkChatSeen, MarkChatSeenHandler } from '../src/commands/mark-seen.js';
import { OpenDirectChat, OpenDirectChatHandler } from '../src/commands/open-chat.js';
import { ReactToMessage, ReactToMessageHandler } from '../src/commands/react.js';
import { untilShown } from '../src/commands/read-in-time.js';
import { Person } from '../src/feeds/person.js';
import { KnownMessages } from '../src/commands/known-messages.js';
import { RecentMessages } from '../src/commands/recent-messages.js';
import { arrived, ChatInMemory, holdTime, settle } from './chat-in-memory.js';

let chat: ChatInMemory;
let log: EventLog;
let person: Person;
let caller: Caller;

beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  log = chat.log as unknown as EventLog;
  person = new Person('1');
  const admit = () => Promise.resolve();
  caller = {
    person,
    moderates: MODERATES_NOTHING,
    isOpen: true,
    admit,
    attempts: new Attempts('1', chat.nextKey, admit),
  };
});
afterEach(() => {
  jest.useRealTimers();
});

/** How something ended, or that it has not. */
function watch<T>(work: Promise<T>) {
  const watched = { outcome: 'waits' as unknown };
  work.then(
    (outcome) => (watched.outcome = outcome),
    (error: unknown) => (watched.outcome = error),
  );
  return watched;
}

describe('a chat that was opened', () => {
  it('is answered once the caller finds it in their list', async () => {
    const handler = new OpenDirectChatHandler(log, chat.served);
    const opening = watch(handler.execute(new OpenDirectChat(caller, '2')));
    await settle(1_000);
    expect(opening.outcome).toBe('waits');
    await chat.timeline.run();
    await settle();
    expect(opening.outcome).toMatchObject({ chatId: 1, receiverId: '2', unread: 0, _id: expect.anything() });
  });

  it('is answered as the log has it where the read model is late, whoever opened it', async () => {
    const handler = new OpenDirectChatHandler(log, chat.served);
    for (const receiver of ['2', '2'] as const) {
      const opening = watch(handler.execute(new OpenDirectChat(caller, receiver)));
      await settle(1_900);
      expect(opening.outcome).toBe('waits');
      await settle(300);
      expect(opening.outcome).toEqual({
        ...{ chatId: 1, users: ['1', '2'], receiverId: '2', unread: 0, last: null },
        ...{ createdAt: expect.any(String), updatedAt: expect.any(String) },
      });
    }
    expect(chat.server.records).toHaveLength(1);
  });
});

describe('a mark of what was seen', () => {
  it('is done once the caller’s list shows it; what is seen already is not marked again', async () => {
    const { room, chatId } = chat.open('2', '1');
    chat.say(room, 'hello', '2');
    await chat.timeline.run();
    const handler = new MarkChatSeenHandler(log, new DirectChats(log), chat.served);
    const marking = watch(handler.execute(new MarkChatSeen(caller, chatId)));
    await settle(500);
    expect(marking.outcome).toBe('waits');
    await chat.timeline.run();
    await settle(50);
    expect(marking.outcome).toEqual({ ack: { chat_id: chatId } });
    const marks = chat.server.records.length;
    const again = watch(handler.execute(new MarkChatSeen(caller, chatId)));
    await settle(50);
    expect([again.outcome, chat.server.records.length]).toEqual([{ ack: { chat_id: chatId } }, marks]);
  });

  it('in a chat that is none is refused', async () => {
    const handler = new MarkChatSeenHandler(log, new DirectChats(log), chat.served);
    const marking = watch(handler.execute(new MarkChatSeen(caller, 77)));
    await settle(50);
    expect(marking.outcome).toMatchObject({ refusal: { code: 'not_found', field: 'chat_id' } });
  });
});

describe('a reaction', () => {
  const react = (messageId: string, recent: RecentMessages, room: 'global' | 'clan' = 'global') =>
    watch(
      new ReactToMessageHandler(log, new KnownMessages(chat.served, recent, log)).execute(
        new ReactToMessage(caller, room, messageId, '👍'),
      ),
    );

  it('waits for a message of this gateway that is on its way to the read model', async () => {
    const recent = new RecentMessages();
    const messageId = chat.say(GLOBAL_ROOM, 'just now', '1');
    recent.add(messageId);
    const reacting = react(messageId, recent);
    await settle(1_000);
    expect(reacting.outcome).toBe('waits');
    await chat.timeline.run();
    await settle(100);
    expect(reacting.outcome).toEqual({ ack: { message_id: messageId } });
    expect(chat.server.records.at(-1)).toMatchObject({ type: 'ReactionAdded' });
  });

  it('to such a message is to be tried again where it does not come for two seconds', async () => {
    const recent = new RecentMessages();
    const messageId = chat.say(GLOBAL_ROOM, 'just now', '1');
    recent.add(messageId);
    const reacting = react(messageId, recent);
    await settle(1_900);
    expect(reacting.outcome).toBe('waits');
    await settle(300);
    expect(reacting.outcome).toEqual(new FrameRefused(UNAVAILABLE));
  });

  it('waits for a message of another gateway in the same way, whose sender knows it by its acknowledgement', async () => {
    const messageId = chat.say(GLOBAL_ROOM, 'said elsewhere', '1');
    const reacting = react(messageId, new RecentMessages());
    await settle(1_000);
    expect(reacting.outcome).toBe('waits');
    await chat.timeline.run();
    await settle(100);
    expect(reacting.outcome).toEqual({ ack: { message_id: messageId } });
    const another = chat.say(GLOBAL_ROOM, 'said elsewhere', '1');
    chat.say(GLOBAL_ROOM, 'and then this', '1');
    const late = react(another, new RecentMessages());
    await settle(2_200);
    expect(late.outcome).toEqual(new FrameRefused(UNAVAILABLE));
  });

  it('to a message that nobody has heard of is refused at once where all is shown that was said in the room', async () => {
    const none = { refusal: { code: 'not_found', field: 'message_id' } };
    const toNone = async (room?: 'clan') => {
      const reacting = react(chat.nextKey(), new RecentMessages(), room);
      await settle();
      return reacting.outcome;
    };
    expect(await toNone()).toMatchObject(none);
    chat.say(GLOBAL_ROOM, 'hello', '1');
    await chat.timeline.run();
    expect(await toNone()).toMatchObject(none);
    chat.say(clanRoom('3'), 'in another room', '9');
    expect(await toNone()).toMatchObject(none);
    expect(await toNone('clan')).toMatchObject({ refusal: { code: 'no_clan' } });
    // The last one came to be shown between the two looks.
    const messageId = chat.say(GLOBAL_ROOM, 'just shown', '1');
    const looking = chat.gates.hold('find messages of timeline-1 answer');
    const reacting = react(messageId, new RecentMessages());
    await arrived(looking);
    await chat.timeline.run();
    looking.release();
    await settle(100);
    expect(reacting.outcome).toEqual({ ack: { message_id: messageId } });
  });

  it('to a message is decided on without the last one of the room where nobody can read that', async () => {
    const last = jest.spyOn(log, 'last').mockRejectedValue(new UnreadableEvent('of a later release'));
    const reacting = react(chat.nextKey(), new RecentMessages());
    await settle();
    expect(reacting.outcome).toMatchObject({ refusal: { code: 'not_found' } });
    last.mockRestore();
  });

  it('to a message that is not there is none yet where the log does not answer', async () => {
    const away = new LogUnavailable('away');
    const last = jest.spyOn(log, 'last').mockRejectedValue(away);
    const reacting = react(chat.nextKey(), new RecentMessages());
    await settle();
    expect(reacting.outcome).toBe(away);
    // Of no room it is not asked.
    const inNoClan = react(chat.nextKey(), new RecentMessages(), 'clan');
    await settle();
    expect(inNoClan.outcome).toMatchObject({ refusal: { code: 'no_clan' } });
    last.mockRestore();
  });

  it('is by who they are once the message is there, not before', async () => {
    const recent = new RecentMessages();
    const messageId = chat.say(clanRoom('3'), 'in the clan', '9');
    recent.add(messageId);
    const reacting = react(messageId, recent, 'clan');
    await settle(200);
    person.clanId = '3';
    await chat.timeline.run();
    await settle(100);
    expect(reacting.outcome).toEqual({ ack: { message_id: messageId } });
  });
});

describe('what is waited for until it is shown', () => {
  it('is null after two seconds, and where the read model is away', async () => {
    let looks = 0;
    const late = watch(
      untilShown(caller, { deadline: Infinity }, () => {
        looks++;
        return Promise.resolve(null);
      }),
    );
    await settle(1_950);
    expect(late.outcome).toBe('waits');
    await settle(100);
    expect(late.outcome).toBeNull();
    expect(looks).toBeGreaterThan(50);
    const away = watch(
      untilShown(caller, { deadline: Infinity }, () => Promise.reject(new ReadModelsUnavailable('away'))),
    );
    await settle();
    expect(away.outcome).toBeNull();
  });

  it('is null by then, or once the command has no time left, where a look does not end', async () => {
    const never = () => new Promise<null>(() => undefined);
    const hanging = watch(untilShown(caller, { deadline: Infinity }, never));
    const short = watch(untilShown(caller, { deadline: performance.now() + 500 }, never));
    const repeated = watch(untilShown(caller, { deadline: performance.now() + 500 }, () => Promise.resolve(null)));
    await settle(490);
    expect([short.outcome, repeated.outcome]).toEqual(['waits', 'waits']);
    await settle(50);
    expect([hanging.outcome, short.outcome, repeated.outcome]).toEqual(['waits', null, null]);
    await settle(1_450);
    expect(hanging.outcome).toBe('waits');
    await settle(50);
    expect(hanging.outcome).toBeNull();
  });

  it('is what was found', async () => {
    const shown = watch(untilShown(caller, { deadline: Infinity }, () => Promise.resolve(0)));
    await settle();
    expect(shown.outcome).toBe(0);
  });
});
