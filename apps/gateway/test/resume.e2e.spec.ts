import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, type Room } from '#domain';
import { ServedTimeline } from '#projections';
import { type DirectMessageView, type ResumedView, EVERYBODY, roomMessageView } from '#protocol';
import type { ChatClient, Received } from './chat-client.js';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { keptOf, ResumingClient } from './resuming-client.js';
import { until } from './until.js';

let system: ChatUnderTest;
let [one, other, narrow]: Gateway[] = [];

beforeAll(async () => {
  system = await ChatUnderTest.start();
  [one, other, narrow] = await Promise.all([
    system.startGateway(),
    system.startGateway(),
    system.startGateway({ lists: { resumeChangesMax: 2 } }),
  ]);
});
afterAll(() => system.stop());

const content = ({ message }: Received) => message?.['content'];
const resumedOf = (frames: readonly Received[]): ResumedView['rooms'] =>
  (frames.find(({ event }) => event === 'resumed')!.data as ResumedView).rooms;

/** Asks, and takes what comes up to the answer. */
async function resume(client: ChatClient, rooms: object): Promise<Received[]> {
  client.send('resume', { rooms });
  const frames: Received[] = [];
  do frames.push(await client.next());
  while (frames.at(-1)!.event !== 'resumed');
  return frames;
}

async function history(room: Room) {
  const { queries } = await new ServedTimeline(system.readModels).pin();
  const messages = await queries.page(room, { limit: 100_000 });
  return new Map(messages.map((message) => [message.messageId, keptOf({ ...roomMessageView(message, EVERYBODY) })]));
}

describe('a client of the room chat that was cut', () => {
  it('comes back at another gateway, and is told what the others said meanwhile, in order, and nothing twice', async () => {
    const [ada, bob] = [
      await system.room(one!, 'r-ada', { clanId: 'r' }),
      await system.room(one!, 'r-bob', { clanId: 'r' }),
    ];
    for (const text of ['1', '2']) bob.send('clanMessage', { content: text });
    const [first] = await ada.take(2);
    ada.ws.terminate();
    await bob.take(2);
    bob.send('clanMessageReaction', { message_id: first!.message!['_id'], emoji: '👍' });
    bob.send('clanMessage', { content: '3' });
    await bob.take(2);
    const again = await system.room(other!, 'r-ada');
    const frames = await resume(again, { clan: { n: 2, rev: 2, clan_id: 'r' } });
    expect(frames.map(({ event, message }) => [event, message?.['content']])).toEqual([
      ['newReaction', '1'],
      ['newMessage', '3'],
      ['resumed', undefined],
    ]);
    expect(frames[0]).toMatchObject({ chat: 'clan', position: { n: 2, rev: 3 }, message: { n: 1, rev: 3 } });
    expect(resumedOf(frames)).toEqual({ clan: { from: { n: 2, rev: 2 }, to: { n: 3, rev: 4 }, recovered: true } });
    bob.send('clanMessage', { content: '4' });
    expect(content(await again.next())).toBe('4');
    expect(await again.quiet(100)).toEqual([]);
    // Who knows nothing of it was told what its document names, and nothing else.
    expect(new Set(bob.frames.map(({ event }) => event))).toEqual(new Set(['newMessage', 'newReaction']));
  });

  it('is told each message once, whenever it is cut, while others talk all the time', async () => {
    const bob = await system.room(one!, 't-bob', { clanId: 't' });
    const message_ids: unknown[] = [];
    let isOver = false;
    const talk = async () => {
      for (let i = 1; !isOver; i++) {
        bob.send('clanMessage', { content: `${i}` });
        const frame = await bob.next();
        if (frame.event === 'newMessage') message_ids.push(frame.message!['_id']);
        if (i % 3 === 0)
          bob.send('clanMessageReaction', { message_id: message_ids[i % message_ids.length], emoji: '👍' });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const talking = talk();
    const ada = new ResumingClient('clan', () => history(clanRoom('t')));
    for (let i = 0; i < 12; i++) {
      const client = await system.room([one!, other!][i % 2]!, 't-ada', { clanId: 't' });
      ada.begin(client);
      if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      ada.ask();
      // Some connections end before the answer.
      if (i % 4 !== 3) {
        await until('it goes on', async () => {
          await ada.take();
          return !ada.isResuming;
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 20 * (i % 3)));
      await ada.take();
      client.ws.terminate();
    }
    await until('enough is said', () => message_ids.length > 20);
    isOver = true;
    await talking;
    ada.begin(await system.room(other!, 't-ada'));
    ada.ask();
    await until('it has everything', async () => {
      await ada.take();
      return !ada.isResuming && isDeepStrictEqual(ada.kept, await history(clanRoom('t')));
    });
    expect(ada.kept.size).toBeGreaterThan(20);
    for (const room of ada.resumed) expect(room).toMatchObject({ recovered: true });
    // Where a gateway has not told yet what the other has, it tells it again.
    const ahead = ada.resumed.flatMap((room) => ('to' in room && room.to.rev === room.from!.rev ? [room.from!.n] : []));
    const known = Math.max(0, ...ahead);
    expect(ada.doubled.filter((n) => n > known)).toEqual([]);
  });

  it('reads the history where it missed too much, and is told nothing of it', async () => {
    const ada = await system.room(narrow!, 'm-ada', { clanId: 'm' });
    for (const text of ['1', '2', '3']) ada.send('clanMessage', { content: text });
    await ada.take(3);
    const again = await system.room(narrow!, 'm-ada');
    const frames = await resume(again, { clan: { n: 0, rev: 0 } });
    expect(frames).toEqual([
      {
        event: 'resumed',
        data: { rooms: { clan: { from: { n: 0, rev: 0 }, to: { n: 3, rev: 3 }, recovered: false } } },
      },
    ]);
    expect(await resume(again, { clan: { n: 1, rev: 1 } })).toHaveLength(3);
  });

  it('that was put into another clan meanwhile is told nothing of the old one, and that it does not know the new one', async () => {
    const [ada, bob] = [
      await system.room(one!, 'v-ada', { clanId: 'v' }),
      await system.room(one!, 'v-bob', { clanId: 'v' }),
    ];
    const eve = await system.room(one!, 'v-eve', { clanId: 'w' });
    ada.ws.terminate();
    await system.putIntoClan('v-ada', 'w');
    bob.send('clanMessage', { content: 'secret' });
    await bob.next();
    for (const text of ['1', '2']) eve.send('clanMessage', { content: text });
    await eve.take(2);
    const again = await system.room(other!, 'v-ada');
    const from = { n: 0, rev: 0 };
    expect(await resume(again, { clan: { ...from, clan_id: 'v' } })).toEqual([
      { event: 'resumed', data: { rooms: { clan: { from, to: { n: 2, rev: 2 }, recovered: false } } } },
    ]);
    await system.putIntoClan('v-ada', null);
    // The rooms and who is in them are folded each by themselves.
    await until('it is known', () => other!.hub.person('v-ada')?.person.clanId === null);
    bob.send('clanMessage', { content: 'another secret' });
    await bob.next();
    const alone = await system.room(other!, 'v-ada');
    expect(resumedOf(await resume(alone, { clan: from }))).toEqual({ clan: { recovered: false, code: 'not_found' } });
  });

  it('that asks for what makes no sense is told so in the words of its API, and stays', async () => {
    const ada = await system.room(one!, 'x-ada');
    ada.send('resume', {});
    expect(await ada.next()).toMatchObject({ error: [{ reason: 'REQUIRED', field: 'rooms' }] });
    ada.send('resume', { rooms: { global: { n: 1 } } });
    expect(await ada.next()).toMatchObject({ error: [{ reason: 'VALIDATION', field: 'rooms', value: null }] });
    ada.send('resume', { rooms: {} }, 'x-1');
    expect(await ada.take(2)).toEqual([
      { event: 'resumed', data: { rooms: {} } },
      { event: 'ack', id: 'x-1', data: {} },
    ]);
  });
});

describe('a client of the direct chat that was cut', () => {
  it('comes back at another gateway, and is told what it missed in its chats, and nothing of those of others', async () => {
    const [ada, bob] = [await system.direct(one!, 71), await system.direct(one!, 72)];
    const opened = async (client: ChatClient, receiver_id: number) => {
      client.send('create_chat', { receiver_id });
      return ((await client.next()).data as { id: number }).id;
    };
    const chat_id = await opened(ada, 72);
    ada.ws.terminate();
    for (const message of ['1', '2']) bob.send('create_message', { chat_id, receiver_id: 71, message });
    await bob.take(2);
    const foreign = await opened(bob, 73);
    const again = await system.direct(other!, 71);
    const from = { n: 0, rev: 0 };
    const frames = await resume(again, { [`direct:${chat_id}`]: from, [`direct:${foreign}`]: from });
    expect(frames.slice(0, -1)).toEqual(
      ['1', '2'].map((message) => ({ event: 'response_message', data: expect.objectContaining({ chat_id, message }) })),
    );
    expect(resumedOf(frames)).toEqual({
      [`direct:${chat_id}`]: { from, to: { n: 2, rev: 2 }, recovered: true },
      [`direct:${foreign}`]: { recovered: false, code: 'not_found' },
    });
    bob.send('create_message', { chat_id, receiver_id: 71, message: '3' });
    expect(((await again.next()).data as DirectMessageView).message).toBe('3');
    expect(await again.quiet(100)).toEqual([]);
    again.send('resume', { rooms: [] });
    expect(await again.next()).toMatchObject({ event: 'exception', data: { code: 'invalid' } });
    expect(new Set(bob.frames.map(({ event }) => event))).toEqual(new Set(['response_message', 'chat_created']));
  });
});
