import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type RoomChange, timeline } from '#projections';
import { inboxId } from '#projections';
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
    const [two, three, quiet] = [open('2'), open('3'), open('5')];
    for (const { room } of [two, three, quiet]) await chats.say(room, 'before');
    await chats.ready();
    await chats.say(three.room, 'in use');
    await chats.miss(two.room, 'missed');
    const four = open('4');
    await chats.miss(four.room, 'opened meanwhile');
    expect(chats.told).toEqual([`${three.chatId}: in use`]);
    const readings = jest.spyOn(chats.gates, 'pass');
    await chats.feed.catchUp();
    await settle();
    const missed = [`${two.chatId}: missed`, `${four.chatId}: opened meanwhile`];
    expect(chats.told.slice(1).sort()).toEqual(missed.sort());
    expect(readings.mock.calls.filter(([asked]) => asked === MESSAGES)).toHaveLength(2);
    expect(chats.feed.inUse).toBe(3);
    await chats.say(three.room, 'on');
    expect(chats.told.slice(3)).toEqual([`${three.chatId}: on`]);
  });

  it('reads nothing where nobody asked it to be ready, and waits for those who did', async () => {
    const asked = jest.spyOn(chats.gates, 'pass');
    await chats.feed.catchUp();
    expect(asked).not.toHaveBeenCalled();
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    const reading = chats.gates.hold(`${INBOX} answer`);
    void chats.feed.ready();
    await arrived(reading);
    await chats.miss(room, 'missed');
    void chats.feed.catchUp();
    await settle();
    expect(chats.told).toEqual([]);
    reading.release();
    await settle();
    expect(chats.told).toEqual([`${chatId}: missed`]);
  });

  it('tells what was missed by a second one, during the reading after the first', async () => {
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    await chats.ready();
    await chats.miss(room, 'first');
    const reading = chats.gates.hold(`${INBOX} answer`);
    const first = chats.feed.catchUp();
    await arrived(reading);
    await chats.miss(room, 'second');
    const second = chats.feed.catchUp();
    reading.release();
    await Promise.all([first, second]);
    await settle();
    expect(chats.told).toEqual([`${chatId}: first`, `${chatId}: second`]);
  });

  it('asks again, a quarter of a second later, where the read model does not answer', async () => {
    const { room, chatId } = open('2');
    await chats.say(room);
    await chats.ready();
    await chats.miss(room, 'missed');
    chats.gates.fail(INBOX, new ReadModelsUnavailable('away'));
    void chats.feed.catchUp();
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

  it('goes on in a chat that is in use and stands there as it stood, and says when it does', async () => {
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    await chats.ready();
    await chats.say(room, 'in use');
    await fold();
    next.untold();
    const reading = chats.gates.hold('range messages of timeline-2');
    const moved = chats.feed.move(chats.chat.pinned(2));
    let isMoved = false;
    void moved.then(() => (isMoved = true));
    await arrived(reading);
    expect(isMoved).toBe(false);
    reading.release();
    await moved;
    chats.chat.say(room, 'after');
    await next.run();
    await settle();
    expect(chats.told).toEqual(['in use', 'after'].map((content) => `${chatId}: ${content}`));
  });

  it('has its audience start over where a chat is numbered otherwise, in use or not', async () => {
    const { room } = open('2');
    await chats.say(room, 'before', 'left out', 'last');
    await chats.ready();
    const lacking: typeof timeline = {
      ...timeline,
      fold: (view, event) =>
        event.type === 'MessageCreated' && event.content === 'left out'
          ? { documents: [], change: null }
          : timeline.fold(view, event),
    };
    next = chats.chat.fold(lacking, 2);
    await fold();
    await chats.feed.move(chats.chat.pinned(2));
    await settle();
    expect([chats.told, chats.client.end?.code]).toEqual([[], 1012]);
  });

  it('has its audience start over where it has not a chat that was there', async () => {
    await chats.say(open('2').room, 'before');
    await chats.ready();
    await chats.feed.move(chats.chat.pinned(2));
    await settle();
    expect([chats.told, chats.client.end?.code]).toEqual([[], 1012]);
  });

  it('looks at the messages of those chats only that have another last event there', async () => {
    const [two, three, four] = [open('2'), open('3'), open('4')];
    for (const { room } of [two, three, four]) await chats.say(room, 'before');
    await chats.ready();
    await fold();
    const store = chats.chat.readModels.projection('timeline', 2);
    const [entry] = await store.get('inbox', [inboxId('1', three.room)]);
    await store.write('inbox', [{ document: { ...entry!, seq: entry!.seq + 1 }, known: true }]);
    const asked = jest.spyOn(chats.gates, 'pass');
    const readings = () => asked.mock.calls.filter(([name]) => name === 'range messages of timeline-2').length;
    await chats.feed.move(chats.chat.pinned(2));
    await settle();
    expect([readings(), chats.feed.inUse]).toEqual([1, 1]);
    next.untold();
    for (const { room } of [two, three]) chats.chat.say(room, 'after');
    await fold();
    next.tell();
    await settle();
    expect(chats.told.sort()).toEqual([`${two.chatId}: after`, `${three.chatId}: after`].sort());
    expect(readings()).toBe(1);
  });

  it.each(['before', 'after'])(
    'tells once what it tells while the chats are read of, %s the answer is made',
    async (when) => {
      const { room, chatId } = open('2');
      await chats.say(room, 'before');
      await chats.ready();
      await fold();
      next.untold();
      const reading = chats.gates.hold(`range inbox of timeline-2${when === 'after' ? ' answer' : ''}`);
      const moved = chats.feed.move(chats.chat.pinned(2));
      await arrived(reading);
      chats.chat.say(room, 'meanwhile');
      await fold();
      next.tell();
      await settle();
      reading.release();
      await moved;
      await settle();
      expect(chats.told).toEqual([`${chatId}: meanwhile`]);
    },
  );

  it('reads nothing where nobody asked it to be ready', async () => {
    await chats.say(open('2').room, 'before');
    await fold();
    const asked = jest.spyOn(chats.gates, 'pass');
    await chats.feed.move(chats.chat.pinned(2));
    expect(asked).not.toHaveBeenCalled();
  });

  it('goes on in a chat that was opened before', async () => {
    await chats.ready();
    const { room, chatId } = open('2');
    await chats.say(room, 'first');
    await fold();
    await chats.feed.move(chats.chat.pinned(2));
    await settle();
    next.untold();
    chats.chat.say(room, 'second');
    await next.run();
    await settle();
    expect(chats.told).toEqual(['first', 'second'].map((content) => `${chatId}: ${content}`));
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
