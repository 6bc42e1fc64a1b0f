import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DirectChats } from '#event-store';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import type { Topic } from '#protocol';
import { Blocks } from '../src/commands/blocks.js';
import { MarkChatSeen, MarkChatSeenHandler } from '../src/commands/mark-seen.js';
import { Typing } from '../src/commands/typing.js';
import { personTopic, roomTopic } from '../src/feeds/signals.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import type { ChatClient } from './chat-client.js';
import { holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';

/** Two gateways of one chat: who types is at the one, who is told at the other. */
let here: HubInMemory;
let there: HubInMemory;
let typing: Typing;
/** What gateways tell each other. */
let told: string[];
beforeEach(async () => {
  holdTime();
  here = await HubInMemory.begin();
  there = await HubInMemory.on(here.chat);
  typing = new Typing(here.chat.log, new DirectChats(here.chat.log), new Blocks(here.chat.log));
  told = [];
  for (const topic of [GLOBAL_ROOM, clanRoom('3')].map(roomTopic).concat(['7', '8'].map(personTopic))) {
    here.chat.elsewhere.live.onSignal(topic, () => told.push(topic));
  }
});
afterEach(() => {
  for (const { hub, presence } of [here, there]) {
    hub.onApplicationShutdown();
    presence.onApplicationShutdown();
  }
  jest.useRealTimers();
});

const subscribe = async (client: ChatClient, ...to: Topic[]) => {
  client.send('subscribe', { to }, 's');
  await settle(100);
};
const heard = ({ frames }: ChatClient, event: string) => frames.filter((frame) => frame.event === event);

describe('who types in a room', () => {
  it('is told to those of the room who asked for it, but not to themselves', async () => {
    const ada = await here.join('ada', '3');
    const [again, bob, cleo, eve] = [
      await there.join('ada', '3'),
      await there.join('bob', '3'),
      await there.join('cleo', '3'),
      await there.join('eve', '4'),
    ];
    for (const { client } of [ada, again, bob, eve]) await subscribe(client, 'typing');
    await subscribe(cleo.client, 'presence', 'seen', 'changes');
    expect(typing.inRoom(ada.session, 'clan')).toEqual({ ack: {} });
    await settle(50);
    const frame = { chat: 'clan', event: 'typing', user: { _id: 'ada', name: 'ada', avatar: null } };
    expect(heard(bob.client, 'typing')).toEqual([frame]);
    expect([ada, again, cleo, eve].map(({ client }) => heard(client, 'typing'))).toEqual([[], [], [], []]);
    typing.inRoom(ada.session, 'global');
    await settle(50);
    expect([bob, eve].map(({ client }) => heard(client, 'typing').at(-1))).toMatchObject([
      { chat: 'global' },
      { chat: 'global' },
    ]);
  });

  it('is told every two seconds, however often they say it', async () => {
    const { session } = await here.join('ada', '3');
    for (let ms = 0; ms < 3_900; ms += 100) {
      typing.inRoom(session, 'clan');
      await settle(100);
    }
    expect(told).toHaveLength(2);
    typing.inRoom(session, 'global');
    typing.inRoom((await there.join('bob', '3')).session, 'clan');
    await settle(50);
    expect(told).toHaveLength(4);
  });

  it('is nobody who is in no clan', async () => {
    const { session } = await here.join('ada');
    expect(typing.inRoom(session, 'clan')).toEqual({
      refusal: { code: 'no_clan', message: 'you are in no clan', field: 'clan_id' },
    });
    await settle(50);
    expect(told).toEqual([]);
  });

  it('is heard of only while somebody wants to be told', async () => {
    const { subscriptions } = here.chat.server;
    const bob = await there.join('bob', '3');
    const before = subscriptions.size;
    await subscribe(bob.client, 'typing');
    expect(subscriptions.size).toBe(before + 2);
    await subscribe(bob.client, 'seen');
    expect(subscriptions.size).toBe(before);
    await subscribe(bob.client, 'typing');
    const cleo = await there.join('cleo', '3');
    bob.client.ws.close();
    await settle(100);
    // Bob's own is gone as well.
    expect(subscriptions.size).toBe(before);
    cleo.client.ws.close();
  });

  it('moves with whoever wants to be told into another clan', async () => {
    const bob = await there.join('bob', '4');
    await subscribe(bob.client, 'typing');
    const ada = await here.join('ada', '3');
    here.chat.move('bob', '3', { clanId: '4' });
    await here.chat.directory.run();
    await settle(100);
    typing.inRoom(ada.session, 'clan');
    await settle(50);
    expect(heard(bob.client, 'typing')).toHaveLength(1);
  });

  it('is left out for who does not read', async () => {
    const [ada, bob] = [await here.join('ada', '3'), await there.join('bob', '3')];
    await subscribe(bob.client, 'typing');
    Object.defineProperty(bob.socket, 'writableNeedDrain', { value: true, writable: true });
    typing.inRoom(ada.session, 'clan');
    await settle(50);
    Object.assign(bob.socket, { writableNeedDrain: false });
    bob.socket.emit('drain');
    await settle(50);
    expect(heard(bob.client, 'typing')).toEqual([]);
  });
});

describe('in a direct chat', () => {
  async function chat() {
    const { room, chatId } = here.chat.open('7', '8');
    here.chat.say(room, 'hello', '8');
    await here.tell();
    const ada = await here.join('7', undefined, DIRECT_CHAT);
    const bob = await there.join('8', undefined, DIRECT_CHAT);
    return { ada, bob, chatId };
  }

  it('who types is told to the other side', async () => {
    const { ada, bob, chatId } = await chat();
    for (const { client } of [ada, bob]) await subscribe(client, 'typing');
    const typed = typing.inChat(ada.session, chatId);
    await settle(50);
    expect(await typed).toEqual({ ack: { chat_id: chatId } });
    expect(heard(bob.client, 'typing')).toEqual([{ event: 'typing', data: { chat_id: chatId, user_id: 7 } }]);
    expect(heard(ada.client, 'typing')).toEqual([]);
  });

  it('nobody types who is not in it', async () => {
    const { bob, chatId } = await chat();
    await subscribe(bob.client, 'typing');
    const eve = await here.join('9', undefined, DIRECT_CHAT);
    for (const id of [chatId, 999]) {
      const typed = typing.inChat(eve.session, id);
      await settle(50);
      expect(await typed).toEqual({ refusal: { code: 'not_found', message: 'no such chat', field: 'chat_id' } });
    }
    expect(heard(bob.client, 'typing')).toEqual([]);
  });

  it('what was seen is told to the other side once it is in the log, and not what was seen before', async () => {
    const { ada, bob, chatId } = await chat();
    await subscribe(bob.client, 'seen');
    await subscribe(ada.client, 'typing', 'presence', 'changes');
    const { chat: ground } = here;
    const handler = new MarkChatSeenHandler(ground.log, new DirectChats(ground.log), ground.served);
    for (let i = 0; i < 2; i++) {
      const marked = handler.execute(new MarkChatSeen(ada.session, chatId));
      await settle(200);
      await here.tell();
      await settle(200);
      expect(await marked).toEqual({ ack: { chat_id: chatId } });
    }
    const { at } = JSON.parse(ground.server.records.at(-1)!.body) as { at: string };
    const data = { chat_id: chatId, user_id: 7, n: 1, seen_at: at };
    expect(heard(bob.client, 'seen')).toEqual([{ event: 'seen', data }]);
    expect(heard(ada.client, 'seen')).toEqual([]);
  });

  it('receipts wait for who does not read: the last of each chat', async () => {
    const { bob } = await chat();
    await subscribe(bob.client, 'seen');
    Object.defineProperty(bob.socket, 'writableNeedDrain', { value: true, writable: true });
    const tell = (chatId: number, n: number) => {
      const signal = { type: 'seen', chatId, userId: '7', n, at: '2026-01-02T03:04:05.678Z' };
      here.chat.log.live.signal(personTopic('8'), JSON.stringify(signal));
    };
    tell(1, 5);
    tell(2, 1);
    tell(1, 6);
    await settle(50);
    expect(heard(bob.client, 'seen')).toEqual([]);
    Object.assign(bob.socket, { writableNeedDrain: false });
    bob.socket.emit('drain');
    await settle(50);
    expect(heard(bob.client, 'seen').map(({ data }) => data)).toMatchObject([{ n: 1 }, { n: 6 }]);
    // What is not wanted any more by then is not told.
    Object.assign(bob.socket, { writableNeedDrain: true });
    tell(1, 7);
    await settle(50);
    await subscribe(bob.client);
    Object.assign(bob.socket, { writableNeedDrain: false });
    bob.socket.emit('drain');
    await settle(50);
    expect(heard(bob.client, 'seen')).toHaveLength(2);
  });

  it('what another release tells otherwise is passed over', async () => {
    const { bob } = await chat();
    await subscribe(bob.client, 'seen', 'typing');
    const { live } = here.chat.log;
    for (const text of ['{', 'null', '{"type":"typing"}', '{"type":"waves","chatId":1,"userId":"7"}']) {
      live.signal(personTopic('8'), text);
    }
    await settle(50);
    expect(bob.client.frames.filter(({ event }) => event !== 'ack')).toEqual([]);
  });
});
