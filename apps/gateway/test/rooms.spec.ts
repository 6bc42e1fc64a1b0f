import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, type Room } from '#domain';
import { timeline } from '#projections';
import { ReadModelsUnavailable } from '#read-models';
import { ROOM_CHAT } from '../src/socket/endpoint.js';
import { FanOut } from '../src/feeds/audience.js';
import type { RoomFeed } from '../src/feeds/room-feed.js';
import { Rooms } from '../src/feeds/rooms.js';
import { ChatInMemory, holdTime, settle } from './chat-in-memory.js';
import { sessionInMemory } from './session-in-memory.js';

let chat: ChatInMemory;
let rooms: Rooms;
beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  const followed = chat.follow();
  rooms = new Rooms({ live: chat.log.live, timeline: followed, fanOut: new FanOut(), dialect: 'documented' });
});
afterEach(() => {
  jest.useRealTimers();
});

const [one, other] = [clanRoom('1'), clanRoom('2')];
const subscriptions = () => chat.server.subscriptions.size;

/** What somebody in this room is told. */
async function listening(feed: RoomFeed): Promise<() => unknown[]> {
  const { session, client } = await sessionInMemory({ endpoint: ROOM_CHAT });
  feed.audience.add(session);
  return () => client.frames.map(({ message }) => message?.['content']);
}
const say = async (room: Room, content: string) => {
  chat.say(room, content, '1');
  await chat.timeline.run();
  await settle();
};

describe('the rooms of a gateway', () => {
  it('have one feed each, from the first person to the last', async () => {
    const first = rooms.enter(one);
    expect(rooms.enter(one)).toBe(first);
    expect(rooms.enter(other)).not.toBe(first);
    await settle();
    expect([rooms.size, subscriptions()]).toEqual([2, 2]);
    rooms.leave(first);
    await settle();
    expect([rooms.size, subscriptions()]).toEqual([2, 2]);
    rooms.leave(first);
    await settle();
    expect([rooms.size, subscriptions()]).toEqual([1, 1]);
    const second = rooms.enter(one);
    expect(second).not.toBe(first);
    // Who was in the one before has left it already.
    rooms.leave(first);
    await settle();
    expect([rooms.enter(one), rooms.size, subscriptions()]).toEqual([second, 2, 2]);
  });

  it('tell nothing while they are paused, those that are entered then neither, and go on together', async () => {
    const before = await listening(rooms.enter(one));
    await settle();
    rooms.pause();
    const meanwhile = await listening(rooms.enter(other));
    await settle();
    await say(one, 'missed');
    await say(other, 'missed too');
    expect([before(), meanwhile()]).toEqual([[], []]);
    rooms.resume();
    await settle();
    expect([before(), meanwhile()]).toEqual([['missed'], ['missed too']]);
    const after = await listening(rooms.enter(clanRoom('3')));
    await settle();
    await say(clanRoom('3'), 'at once');
    expect(after()).toEqual(['at once']);
  });

  it('move to another version, 64 of them at the same time, and one that cannot keeps no other waiting', async () => {
    const names = Array.from({ length: 66 }, (_, i) => clanRoom(`many-${i}`));
    const told = await Promise.all(names.map((name) => listening(rooms.enter(name))));
    await settle();
    for (const name of names) chat.say(name, 'in the next', '1');
    const next = chat.fold(timeline, 2);
    next.fold();
    await next.write();
    const asked = 'range messages of timeline-2';
    const readings = Array.from({ length: 65 }, () => chat.gates.hold(asked));
    const moved = rooms.move(chat.pinned(2));
    await settle();
    expect(readings.map(({ isThere }) => isThere)).toEqual(readings.map((_, i) => i < 64));
    // Half a second passes before the first is tried again.
    readings[0]!.fail(new ReadModelsUnavailable('away'));
    readings[1]!.release();
    await settle();
    expect(readings[64]!.isThere).toBe(true);
    for (const reading of readings.slice(2)) reading.release();
    await settle();
    expect(told.filter((contents) => contents().length === 1)).toHaveLength(65);
    await settle(500);
    await moved;
    expect(told.every((contents) => contents().length === 1)).toBe(true);
  });
});
