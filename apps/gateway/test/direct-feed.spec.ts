import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ReadModelsUnavailable } from '#read-models';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { FollowedChats } from './followed-chats.js';

const INBOX = 'range inbox of timeline-1';
const ENTRY = 'get inbox of timeline-1';
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

describe('the feed of direct chats', () => {
  it('tells the messages of every chat with its id, each once, and nothing else', async () => {
    const [two, three] = [open('2'), open('3')];
    await chats.say(two.room, 'before');
    await chats.ready();
    await chats.say(two.room, 'hello');
    await chats.say(three.room, 'hi');
    chats.chat.react(two.room, chats.chat.say(two.room, 'look'), '👍');
    await chats.chat.timeline.run();
    await settle();
    expect(chats.client.frames).toMatchObject([
      { event: 'response_message', data: { chat_id: two.chatId, sender_id: 1, receiver_id: 2, message: 'hello' } },
      { event: 'response_message', data: { chat_id: three.chatId, sender_id: 1, receiver_id: 3, message: 'hi' } },
      { event: 'response_message', data: { message: 'look', seen: false } },
    ]);
    expect(chats.client.frames).toHaveLength(3);
  });

  it('takes nothing before it is asked to be ready', async () => {
    const { room } = open('2');
    chats.chat.say(room, 'before');
    chats.chat.timeline.fold();
    // Told before it can be read: what was kept of it would be followed once it can.
    chats.chat.timeline.tell();
    await settle();
    await chats.ready();
    await chats.chat.timeline.write();
    await settle(300);
    expect(chats.told).toEqual([]);
  });

  it('is ready once it has read where the chats stand, and not before', async () => {
    const reading = chats.gates.hold(INBOX);
    let ready = false;
    void chats.feed.ready().then(() => (ready = true));
    await settle();
    expect(ready).toBe(false);
    reading.release();
    await settle();
    expect(ready).toBe(true);
    const again = chats.gates.hold(INBOX);
    await chats.feed.ready();
    await settle();
    expect(again.isThere).toBe(false);
  });

  it('tells once what is told while it reads, whether the answer has it or not', async () => {
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    const reading = chats.gates.hold(INBOX);
    void chats.feed.ready();
    await arrived(reading);
    await chats.say(room, 'in the answer');
    const answer = chats.gates.hold(`${INBOX} answer`);
    reading.release();
    await arrived(answer);
    await chats.say(room, 'not in the answer');
    expect(chats.told).toEqual([]);
    answer.release();
    await settle();
    await chats.say(room, 'after');
    expect(chats.told).toEqual([`${chatId}: not in the answer`, `${chatId}: after`]);
  });

  it('tells a message that its chat counts already but that was not there to be read when somebody came', async () => {
    const { room, chatId } = open('2');
    await chats.say(room, 'before');
    chats.chat.say(room, 'in the middle of being written');
    chats.chat.timeline.fold();
    await chats.chat.timeline.write('inbox');
    await chats.ready();
    await settle(500);
    await chats.chat.timeline.write();
    chats.chat.timeline.tell();
    await settle();
    expect(chats.told).toEqual([`${chatId}: in the middle of being written`]);
  });

  it('follows a chat from its beginning that is opened while it reads', async () => {
    const reading = chats.gates.hold(`${INBOX} answer`);
    void chats.feed.ready();
    await arrived(reading);
    const { room, chatId } = open('2');
    await chats.say(room, 'first');
    await chats.say(room, 'second');
    reading.release();
    await settle();
    expect(chats.told).toEqual([`${chatId}: first`, `${chatId}: second`]);
  });

  it('follows a chat from its beginning that is opened later, whichever of its updates comes first', async () => {
    await chats.ready();
    const { room, chatId } = open('2');
    await chats.miss(room, 'nobody heard of it');
    const entry = chats.gates.hold(ENTRY);
    await chats.say(room, 'first');
    await chats.say(room, 'second');
    expect(chats.told).toEqual([]);
    entry.release();
    await settle();
    expect(chats.told).toEqual(['nobody heard of it', 'first', 'second'].map((content) => `${chatId}: ${content}`));
  });

  it.each(['does not answer', 'has no entry yet'])(
    'asks for a new chat again, a quarter of a second later, where the read model %s',
    async (trouble) => {
      await chats.ready();
      const { room, chatId } = open('2');
      chats.chat.say(room, 'first');
      chats.chat.timeline.fold();
      await chats.chat.timeline.write('messages');
      if (trouble === 'does not answer') {
        await chats.chat.timeline.write();
        chats.gates.fail(ENTRY, new ReadModelsUnavailable('away'));
      }
      chats.chat.timeline.tell();
      await settle(240);
      await chats.chat.timeline.write();
      expect(chats.told).toEqual([]);
      await settle();
      expect(chats.told).toEqual([`${chatId}: first`]);
    },
  );

  it('asks for the chats again, a quarter of a second later, where the read model does not answer', async () => {
    const { room, chatId } = open('2');
    chats.gates.fail(INBOX, new ReadModelsUnavailable('away'));
    let ready = false;
    void chats.feed.ready().then(() => (ready = true));
    await settle(240);
    await chats.say(room, 'first');
    expect(chats.told).toEqual([]);
    await settle();
    await chats.say(room, 'second');
    expect([ready, chats.told]).toEqual([true, [`${chatId}: second`]]);
  });

  it('sends its audience to the history where too much was missed', async () => {
    const { room } = open('2');
    await chats.say(room);
    await chats.ready();
    await chats.miss(room, ...Array.from({ length: 5_001 }, (_, i) => String(i)));
    await chats.feed.catchUp();
    await settle();
    expect(chats.client.end?.code).toBe(1012);
  });
});

describe('the feed of direct chats that is stopped', () => {
  it('tells nothing more', async () => {
    const { room } = open('2');
    await chats.say(room);
    await chats.ready();
    chats.feed.stop();
    await chats.say(room, 'late');
    await chats.say(open('3').room, 'later');
    expect(chats.told).toEqual([]);
  });

  it('tells nothing of a reading under way', async () => {
    const { room } = open('2');
    await chats.say(room);
    await chats.ready();
    await chats.miss(room, 'missed');
    const reading = chats.gates.hold(MESSAGES);
    await chats.say(room, 'heard');
    await arrived(reading);
    chats.feed.stop();
    reading.release();
    await settle();
    expect(chats.told).toEqual([]);
  });

  it.each([
    ['for the chats', INBOX],
    ['for a new chat', ENTRY],
  ])('asks %s no more, and keeps nobody waiting', async (_, asked) => {
    if (asked === ENTRY) await chats.ready();
    chats.gates.fail(asked, new ReadModelsUnavailable('away'));
    const ready = chats.feed.ready();
    await chats.say(open('2').room, 'first');
    chats.feed.stop();
    const pass = jest.spyOn(chats.gates, 'pass');
    await settle(300);
    await ready;
    await Promise.all([chats.feed.catchUp(), chats.feed.move(chats.chat.pinned(1))]);
    expect([pass.mock.calls, chats.told]).toEqual([[], []]);
  });

  it('follows nothing that it was just reading of', async () => {
    await chats.ready();
    const entry = chats.gates.hold(ENTRY);
    await chats.say(open('2').room, 'first');
    chats.feed.stop();
    entry.release();
    await settle();
    expect(chats.told).toEqual([]);
  });
});
