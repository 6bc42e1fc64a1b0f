import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type RoomChange, timeline } from '#projections';
import { ReadModelsUnavailable } from '#read-models';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { FollowedChats } from './followed-chats.js';
import type { SteppedFold } from './stepped-fold.js';

const INBOX = 'range inbox of timeline-1';
const MESSAGES = 'range messages of timeline-1';

let chats: FollowedChats;
beforeEach(async () => {
  holdTime();
  chats = await FollowedChats.begin();
});
afterEach(() => {
  chats.feed.stop();
  jest.useRealTimers();
});

const open = (other: string) => chats.chat.open('1', other);

describe('the feed of direct chats, after an interruption', () => {
  it('tells what was missed, of chats opened meanwhile too, and reads nothing of the others', async () => {
    const [two, three] = [open('2'), open('3')];
    await chats.say(two.room, 'before');
    await chats.say(three.room, 'before');
    await chats.ready();
    chats.feed.pause();
    await chats.miss(two.room, 'missed');
    const four = open('4');
    await chats.miss(four.room, 'opened meanwhile');
    expect(chats.told).toEqual([]);
    const readings = jest.spyOn(chats.gates, 'pass');
    await chats.feed.resume();
    await settle();
    expect(chats.told.sort()).toEqual([`${two.chatId}: missed`, `${four.chatId}: opened meanwhile`].sort());
    expect(readings.mock.calls.filter(([asked]) => asked === MESSAGES)).toHaveLength(2);
    await chats.say(three.room, 'on');
    expect(chats.told.slice(2)).toEqual([`${three.chatId}: on`]);
  });

  it('tells nothing while it lasts', async () => {
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    await chats.ready();
    chats.feed.pause();
    await chats.say(room, 'of a server that was about to go');
    expect(chats.told).toEqual([]);
    await chats.feed.resume();
    await settle();
    expect(chats.told).toEqual([`${chatId}: of a server that was about to go`]);
  });

  it('reads nothing where nobody asked it to be ready, and waits for those who did', async () => {
    const asked = jest.spyOn(chats.gates, 'pass');
    await chats.feed.resume();
    expect(asked).not.toHaveBeenCalled();
    const { room, chatId } = open('2');
    await chats.say(room);
    const reading = chats.gates.hold(`${INBOX} answer`);
    void chats.feed.ready();
    await arrived(reading);
    chats.feed.pause();
    await chats.miss(room, 'missed');
    const resumed = chats.feed.resume();
    reading.release();
    await resumed;
    await settle();
    expect(chats.told).toEqual([`${chatId}: missed`]);
  });

  it('tells what was missed by a second one, during the reading after the first', async () => {
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    await chats.ready();
    chats.feed.pause();
    await chats.miss(room, 'first');
    const reading = chats.gates.hold(`${INBOX} answer`);
    const first = chats.feed.resume();
    await arrived(reading);
    chats.feed.pause();
    await chats.miss(room, 'second');
    const second = chats.feed.resume();
    reading.release();
    await Promise.all([first, second]);
    await settle();
    expect(chats.told).toEqual([`${chatId}: first`, `${chatId}: second`]);
  });

  it('asks again, a quarter of a second later, where the read model does not answer', async () => {
    const { room, chatId } = open('2');
    await chats.say(room);
    await chats.ready();
    chats.feed.pause();
    await chats.miss(room, 'missed');
    chats.gates.fail(INBOX, new ReadModelsUnavailable('away'));
    void chats.feed.resume();
    await settle(240);
    expect(chats.told).toEqual([]);
    await settle();
    expect(chats.told).toEqual([`${chatId}: missed`]);
  });
});

describe('the feed of direct chats, in another version of the timeline', () => {
  let next: SteppedFold<RoomChange>;
  beforeEach(() => {
    next = chats.chat.fold(timeline, 2);
  });
  const fold = async () => {
    next.fold();
    await next.write();
  };

  it('goes on where it was, and hears the new one only', async () => {
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    await chats.ready();
    await chats.miss(room, 'only in the next');
    await fold();
    next.untold();
    await chats.feed.move(chats.chat.pinned(2));
    await settle();
    expect(chats.told).toEqual([`${chatId}: only in the next`]);
    await chats.say(room, 'told by the old one');
    expect(chats.told).toHaveLength(1);
    await fold();
    next.tell();
    await settle();
    expect(chats.told.slice(1)).toEqual([`${chatId}: told by the old one`]);
  });

  it('follows a chat that only this one has', async () => {
    await chats.ready();
    const { room, chatId } = open('2');
    chats.chat.say(room, 'first');
    await fold();
    await chats.chat.swap();
    await settle(2_000);
    const away = chats.gates.hold('range inbox of timeline-2');
    const moved = chats.feed.move(chats.chat.pinned(2));
    away.fail(new ReadModelsUnavailable('away'));
    await settle(240);
    expect(chats.told).toEqual([]);
    await settle();
    await moved;
    expect(chats.told).toEqual([`${chatId}: first`]);
  });

  it('waits for a reading of the old one, and goes on from there', async () => {
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    const reading = chats.gates.hold(`${INBOX} answer`);
    void chats.feed.ready();
    await arrived(reading);
    chats.chat.say(room, 'only in the next');
    await fold();
    const moved = chats.feed.move(chats.chat.pinned(2));
    await settle();
    reading.release();
    await moved;
    await settle();
    expect(chats.told).toEqual([`${chatId}: only in the next`]);
  });
});
