import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { clanRoom } from '#domain';
import { timeline } from '#projections';
import { decodeUpdate, encodeUpdate, type RoomUpdate } from '#projections';
import { ROOM_CHAT } from '../src/socket/endpoint.js';
import { FanOut } from '../src/feeds/audience.js';
import { RoomFeed } from '../src/feeds/room-feed.js';
import type { ChatClient } from './chat-client.js';
import { ChatInMemory, holdTime, settle } from './chat-in-memory.js';
import { sessionInMemory } from './session-in-memory.js';

const room = clanRoom('7');

let chat: ChatInMemory;
let feed: RoomFeed;
let client: ChatClient;
let messageId: string;

beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  feed = new RoomFeed(room, {
    ...{ live: chat.log.live, timeline: chat.follow(), fanOut: new FanOut(), dialect: 'documented' },
  });
  client = await joined();
  await settle();
  messageId = chat.say(room, 'hello', '1');
  await chat.timeline.run();
  await settle();
});
afterEach(() => {
  feed.stop();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

async function joined(): Promise<ChatClient> {
  const { session, client: one } = await sessionInMemory({ endpoint: ROOM_CHAT });
  feed.audience.add(session);
  return one;
}

/** Reacts, one emoji after the other, all told at once. */
async function react(...emoji: string[]): Promise<void> {
  for (const each of emoji) chat.react(room, messageId, each, '2');
  await chat.timeline.run();
  await settle(5);
}

/** What was told since the message: a message's content, a reaction's emoji. */
const told = ({ frames }: ChatClient) =>
  frames
    .map(({ event, message }) => {
      if (event === 'newMessage') return message?.['content'];
      return (message?.['reactions'] as { emoji: string }[]).map(({ emoji }) => emoji).join();
    })
    .filter((one) => one !== 'hello');

describe('changes of one message', () => {
  it('are told at once, and then the latest of them four times a second; a new message waits for none', async () => {
    await react('👍', '👎', '🎉');
    expect(told(client)).toEqual(['👍']);
    await react('❤');
    chat.say(room, 'meanwhile', '1');
    await chat.timeline.run();
    await settle(5);
    expect(told(client)).toEqual(['👍', 'meanwhile']);
    await settle(250);
    expect(told(client)).toEqual(['👍', 'meanwhile', '❤']);
    await settle(1_000);
    expect(client.frames).toHaveLength(4);
  });

  it('of a type that is not known here are passed over, as nothing that went wrong', async () => {
    const error = jest.spyOn(Logger.prototype, 'error');
    chat.elsewhere.live.publishToRoom(room, JSON.stringify({ type: 'of another time' }));
    await settle(300);
    expect([error.mock.calls, told(client)]).toEqual([[], []]);
    chat.elsewhere.live.publishToRoom(room, 'no update');
    await settle(300);
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('that cannot be told keep no others back, also where they were held', async () => {
    await react('👍');
    for (const emoji of ['👎', '🎉']) chat.react(room, messageId, emoji, '2');
    chat.timeline.fold();
    await chat.timeline.write();
    const [untold] = chat.timeline.untold();
    const update = decodeUpdate(untold!.text) as RoomUpdate;
    const [spoilt, good] = update.changes;
    const other = { ...good!, message: { ...good!.message, messageId: 'another' } };
    const changes = [{ ...spoilt!, message: { ...spoilt!.message, sender: null as never } }, other];
    chat.elsewhere.live.publishToRoom(room, encodeUpdate({ ...update, changes }));
    const error = jest.spyOn(Logger.prototype, 'error');
    await settle(300);
    expect(told(client)).toEqual(['👍', '🎉']);
    expect(error).toHaveBeenCalledTimes(1);
    await react('❤');
    await settle(250);
    expect(told(client)).toEqual(['👍', '🎉', '❤']);
  });

  it('that are held while the room is paused are told after it, also where they were due meanwhile', async () => {
    await react('👍', '👎');
    feed.pause();
    await settle(1_000);
    expect(told(client)).toEqual(['👍']);
    feed.resume();
    await settle();
    expect(told(client)).toEqual(['👍', '👎']);
  });

  it('that are held are told also where the room goes on in another version of the timeline', async () => {
    await react('👍', '👎');
    const next = chat.fold(timeline, 2);
    next.fold();
    await next.write();
    await feed.move(chat.pinned(2));
    await settle(250);
    expect(told(client)).toEqual(['👍', '👎']);
  });

  it('are told to nobody once the room is left', async () => {
    await react('👍', '👎');
    feed.stop();
    await settle(1_000);
    expect(told(client)).toEqual(['👍']);
  });

  it('are told to nobody who comes after too much was missed', async () => {
    await react('👍', '👎');
    // What was told is not there in the other version.
    await feed.move(chat.pinned(2));
    const late = await joined();
    await settle(1_000);
    expect(client.end).toMatchObject({ code: 1012 });
    expect(late.frames).toEqual([]);
  });

  it('are held, and every frame says meanwhile up to where the room was told of everything', async () => {
    await react('👍', '👎');
    chat.say(room, 'meanwhile', '1');
    await chat.timeline.run();
    await settle(5);
    const positions = () => client.frames.map(({ event, position }) => [event, position]);
    expect(positions()).toEqual([
      ['newMessage', undefined],
      ['newReaction', undefined],
      ['newMessage', { n: 1, rev: 2 }],
    ]);
    await settle(250);
    expect(positions().at(-1)).toEqual(['newReaction', { n: 2, rev: 4 }]);
    chat.say(room, 'after', '1');
    await chat.timeline.run();
    await settle(5);
    expect(positions().at(-1)).toEqual(['newMessage', undefined]);
  });
});

describe('an edit or a deletion', () => {
  const edit = async (content: string | null) => {
    const fact = { room, id: `edit.${chat.nextKey()}`, at: '2026-01-01T00:01:00.000Z', messageId, userId: '1' };
    chat.append(
      content === null
        ? { type: 'MessageDeleted', ...fact, senderId: fact.userId }
        : { type: 'MessageEdited', ...fact, content },
    );
    await chat.timeline.run();
    await settle(5);
  };
  const events = ({ frames }: ChatClient) => frames.map(({ event, message }) => [event, message?.['content']]);

  it('is told at once to those who have asked for it, and to nobody else, beside what all are told', async () => {
    const asked = await sessionInMemory({ endpoint: ROOM_CHAT });
    asked.session.topics = new Set(['changes']);
    feed.audience.add(asked.session);
    for (const content of ['hello!', null]) {
      const fact = { room, id: `edit.${chat.nextKey()}`, at: '2026-01-01T00:01:00.000Z', messageId, userId: '1' };
      chat.append(
        content === null
          ? { type: 'MessageDeleted', ...fact, senderId: fact.userId }
          : { type: 'MessageEdited', ...fact, content },
      );
      chat.say(room, 'next', '1');
    }
    await chat.timeline.run();
    await settle(5);
    expect(events(asked.client)).toEqual([
      ['messageChanged', 'hello!'],
      ['newMessage', 'next'],
      ['messageChanged', ''],
      ['newMessage', 'next'],
    ]);
    expect(asked.client.frames[0]).toMatchObject({
      chat: 'clan',
      message: { editedAt: '2026-01-01T00:01:00.000Z', n: 1, rev: 2 },
    });
    expect(asked.client.frames[2]!.message).toMatchObject({ deleted: true, reactions: [] });
    expect(events(client).slice(1)).toEqual([
      ['newMessage', 'next'],
      ['newMessage', 'next'],
    ]);
  });

  it('is in what is told later of reactions that were held: nothing is told again of what was deleted', async () => {
    await react('👍', '👎');
    await edit(null);
    await settle(300);
    expect(events(client).slice(1)).toEqual([
      ['newReaction', 'hello'],
      ['newReaction', ''],
    ]);
    const many = Array.from({ length: 25 }, (_, i) => String(i + 10));
    messageId = chat.say(room, 'full', '1');
    for (const userId of many) chat.react(room, messageId, '👍', userId);
    await chat.timeline.run();
    await settle(300);
    for (const userId of many) chat.react(room, messageId, '🎉', userId);
    await chat.timeline.run();
    await edit('edited');
    await settle(1_000);
    expect(events(client).at(-1)).toEqual(['newReaction', 'edited']);
    expect(events(client).findLastIndex(([, content]) => content === 'full')).toBeLessThan(
      events(client).findIndex(([, content]) => content === 'edited'),
    );
  });

  it('is told to a client that resumes where it asks for it', async () => {
    await edit('hello!');
    for (const topics of [[], ['changes']] as const) {
      const { session } = await sessionInMemory({ endpoint: ROOM_CHAT });
      session.topics = new Set(topics);
      feed.audience.add(session);
      const hearing = (await feed.hearing(session))!;
      const changes = (await hearing.timeline.changesSince(room, { n: 1, rev: 1 }, 10))!.changes;
      expect(await hearing.frames(changes, { n: 1, rev: 1 })).toHaveLength(topics.length);
    }
  });
});
