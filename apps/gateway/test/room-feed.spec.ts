import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom } from '#domain';
import { LogUnavailable } from '#event-store';
import { timeline } from '#projections';
import { ReadModelsUnavailable } from '#read-models';
import { ROOM_CHAT } from '../src/socket/endpoint.js';
import { FanOut } from '../src/feeds/audience.js';
import { RoomFeed, type RoomFeedParts } from '../src/feeds/room-feed.js';
import type { ChatClient } from './chat-client.js';
import { arrived, ChatInMemory, holdTime, settle } from './chat-in-memory.js';
import { sessionInMemory } from './session-in-memory.js';

const room = clanRoom('7');
const RANGE = 'range messages of timeline-1';

let chat: ChatInMemory;
let feed: RoomFeed;
beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
});
afterEach(() => {
  feed.stop();
  jest.useRealTimers();
});

function open(parts: Partial<RoomFeedParts> = {}): void {
  const followed = chat.follow();
  feed = new RoomFeed(room, {
    live: chat.log.live,
    timeline: followed,
    fanOut: new FanOut(),
    dialect: 'documented',
    ...parts,
  });
}

async function joined(): Promise<ChatClient> {
  const { session, client } = await sessionInMemory({ endpoint: ROOM_CHAT });
  feed.audience.add(session);
  return client;
}

const contents = ({ frames }: ChatClient) => frames.map(({ message }) => message?.['content']);
const say = async (...said: string[]) => {
  for (const content of said) chat.say(room, content, '1');
  await chat.timeline.run();
};

describe('a room feed', () => {
  it('tells its audience of messages and reactions, in the words of its dialect', async () => {
    open();
    const client = await joined();
    await settle();
    chat.react(room, chat.say(room, 'hello', '1'), '👍', '2');
    await chat.timeline.run();
    await settle();
    expect(client.frames).toMatchObject([
      { chat: 'clan', event: 'newMessage', message: { content: 'hello', reactions: [] } },
      { chat: 'clan', event: 'newReaction', message: { content: 'hello', reactions: [{ emoji: '👍' }] } },
    ]);
    feed.stop();
    open({ dialect: 'altzone' });
    const other = await joined();
    await settle();
    await say('bye');
    await settle();
    expect(other.frames).toMatchObject([{ message: { chat: 'clan', message: { content: 'bye' } } }]);
  });

  it('misses nothing that happens once it is ready, however long the way to the log is', async () => {
    chat.log.connection.latencyMs = 5;
    open();
    const client = await joined();
    void feed.ready.then(() => say('first'));
    await settle(50);
    expect(contents(client)).toEqual(['first']);
  });

  it('tells once what is told while it reads where the room stands', async () => {
    await say('before');
    open();
    const client = await joined();
    const reading = chat.gates.hold(`${RANGE} answer`);
    await arrived(reading);
    await say('not in the answer');
    await settle();
    expect(client.frames).toEqual([]);
    reading.release();
    await settle();
    expect(contents(client)).toEqual(['not in the answer']);
  });

  it('does not tell what is in the answer already', async () => {
    open();
    const client = await joined();
    const reading = chat.gates.hold(RANGE);
    await arrived(reading);
    await say('in the answer');
    await settle();
    reading.release();
    await settle();
    await say('after');
    await settle();
    expect(contents(client)).toEqual(['after']);
  });

  it('is ready only once the documents it read are of one moment', async () => {
    chat.react(room, chat.say(room, 'hello', '1'), '👍', '2');
    chat.say(room, 'bye', '1');
    chat.timeline.fold();
    await chat.timeline.write('messages');
    open();
    const client = await joined();
    let ready = false;
    void feed.ready.then(() => (ready = true));
    await settle();
    expect(ready).toBe(false);
    await chat.timeline.write();
    chat.timeline.tell();
    await settle(100);
    expect(ready).toBe(true);
    await say('after');
    await settle();
    expect(contents(client)).toEqual(['after']);
  });

  it.each(['the log', 'the read model'])(
    'tries again a quarter of a second later where %s does not answer',
    async (away) => {
      if (away === 'the log') chat.log.connection.gates.fail('flush', new LogUnavailable('away'));
      else chat.gates.fail(RANGE, new ReadModelsUnavailable('away'));
      open();
      let ready = false;
      void feed.ready.then(() => (ready = true));
      const client = await joined();
      await settle(240);
      expect(ready).toBe(false);
      await settle(30);
      expect(ready).toBe(true);
      await say('hello');
      await settle();
      expect(contents(client)).toEqual(['hello']);
    },
  );

  it('tells nothing while it is paused, and what was missed afterwards', async () => {
    open();
    const client = await joined();
    await settle();
    feed.pause();
    await say('1');
    await settle();
    expect(client.frames).toEqual([]);
    feed.resume();
    await settle();
    expect(contents(client)).toEqual(['1']);
  });

  it('goes on in another version of the timeline', async () => {
    open();
    const client = await joined();
    await settle();
    const next = chat.fold(timeline, 2);
    chat.say(room, '1', '1');
    next.fold();
    await next.write();
    void feed.move(chat.pinned(2));
    await settle();
    expect(contents(client)).toEqual(['1']);
  });

  it('sends its audience to the history where too much was missed', async () => {
    open();
    const client = await joined();
    await settle();
    feed.pause();
    for (let i = 0; i < 5_001; i++) chat.say(room, String(i), '1');
    chat.timeline.fold();
    await chat.timeline.write();
    feed.resume();
    await settle(50);
    expect(client.end).toMatchObject({ code: 1012, reason: expect.stringMatching(/reconnect after \d+ ms/) });
  });
});

describe('a room feed that is stopped', () => {
  it('has no subscription left, and tells nothing that is on its way', async () => {
    open();
    const client = await joined();
    await settle();
    expect(chat.server.subscriptions.size).toBe(1);
    await say('too late');
    feed.stop();
    await settle();
    expect([client.frames, chat.server.subscriptions.size]).toEqual([[], 0]);
  });

  it('tells nothing of a reading under way', async () => {
    open();
    const client = await joined();
    await settle();
    feed.pause();
    await say('missed');
    const reading = chat.gates.hold(RANGE);
    feed.resume();
    await arrived(reading);
    feed.stop();
    reading.release();
    await settle();
    expect(client.frames).toEqual([]);
  });

  it('leaves nothing behind where it was still starting, and is ready for whoever waits', async () => {
    open();
    const reading = chat.gates.hold(RANGE);
    await arrived(reading);
    feed.stop();
    reading.release();
    await settle();
    await feed.ready;
    expect(chat.server.subscriptions.size).toBe(0);
  });

  it('tries no more where it could not start, and keeps nobody waiting', async () => {
    chat.gates.fail(RANGE, new ReadModelsUnavailable('away'));
    open();
    await settle();
    feed.stop();
    const asked = jest.spyOn(chat.gates, 'pass');
    await settle(300);
    await feed.ready;
    expect(asked).not.toHaveBeenCalled();
  });
});
