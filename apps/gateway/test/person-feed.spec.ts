import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM, type Room, userRoom } from '#domain';
import { decodeRecord, LogUnavailable } from '#event-store';
import { DIRECT_CHAT, ROOM_CHAT } from '../src/socket/endpoint.js';
import type { ChatClient } from './chat-client.js';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { FollowedPerson } from './followed-person.js';

let ada: FollowedPerson;
beforeEach(async () => {
  holdTime();
  ada = await FollowedPerson.begin();
});
afterEach(() => {
  jest.useRealTimers();
});

const contents = ({ frames }: ChatClient) => frames.map(({ message }) => message?.['content']);
const say = async (room: Room, content: string) => {
  ada.chat.say(room, content, '9');
  await ada.chat.timeline.run();
  await settle();
};
const records = () => ada.chat.server.records.map(({ type }) => type);

describe('a person who is prepared', () => {
  it('is known as the log has them, and hears their rooms from then on', async () => {
    ada.chat.move('1', '7');
    ada.chat.rename('1', 'Ada', '{"a":1}');
    await ada.prepare();
    expect(ada.feed.person.speaker).toEqual({ id: '1', name: 'Ada', avatar: '{"a":1}' });
    expect(ada.feed.person.clanId).toBe('7');
    const { client } = await ada.join();
    await say(GLOBAL_ROOM, 'to all');
    await say(clanRoom('7'), 'to the clan');
    await say(clanRoom('8'), 'to another');
    expect(contents(client)).toEqual(['to all', 'to the clan']);
  });

  it('is their id where the log knows nothing of them, and in no clan', async () => {
    await ada.prepare();
    expect(ada.feed.person.speaker).toEqual({ id: '1', name: '1', avatar: null });
    expect(ada.feed.person.clanId).toBeNull();
    expect(ada.rooms.size).toBe(1);
  });

  it('is another person where whoever had the id was erased, while connections of theirs are still closing', async () => {
    const { log, server } = ada.chat;
    log.keyId = 'of the first';
    ada.chat.rename('1', 'Ada', '{"a":1}');
    await ada.prepare();
    for (const [i, record] of server.records.entries()) server.records[i] = { ...record, erased: true };
    log.keyId = 'of the second';
    await ada.prepare();
    expect(ada.feed.person.speaker).toEqual({ id: '1', name: '1', avatar: null });
    await ada.prepare({ name: 'Bea' });
    expect(ada.feed.person.speaker).toEqual({ id: '1', name: 'Bea', avatar: null });
  });

  it('has left the clan that the log says they left', async () => {
    ada.chat.move('1', '7');
    ada.chat.move('1', null, { clanId: '7' });
    await ada.prepare();
    expect([ada.feed.person.clanId, ada.rooms.size]).toEqual([null, 1]);
  });

  it('hears by each API what that one tells, and is in no room before they come by it', async () => {
    ada.chat.move('1', '7');
    const { room } = ada.chat.open('1', '2');
    await ada.chat.timeline.run();
    await ada.prepare({}, DIRECT_CHAT);
    const direct = (await ada.join(DIRECT_CHAT)).client;
    expect(ada.rooms.size).toBe(0);
    await ada.prepare({}, ROOM_CHAT);
    const inRooms = (await ada.join(ROOM_CHAT)).client;
    expect([ada.feed.connections(DIRECT_CHAT), ada.feed.connections(ROOM_CHAT)]).toEqual([1, 1]);
    ada.chat.say(room, 'to you');
    ada.chat.say(GLOBAL_ROOM, 'to all', '9');
    await ada.chat.timeline.run();
    await settle();
    expect(direct.frames).toMatchObject([{ data: { message: 'to you' } }]);
    expect(contents(inRooms)).toEqual(['to all']);
  });

  it('misses nothing that the log says while they are read, however old the answer is', async () => {
    ada.chat.move('1', '7');
    ada.chat.rename('1', 'Ada');
    const answers = [ada.gates.hold('last answer'), ada.gates.hold('last answer')];
    const prepared = ada.feed.prepare(ROOM_CHAT, {});
    for (const answer of answers) await arrived(answer);
    ada.chat.move('1', '8', { clanId: '7' });
    ada.chat.rename('1', 'Ada Lovelace');
    await ada.tell();
    for (const answer of answers) answer.release();
    await Promise.all([prepared, settle()]);
    expect(ada.feed.person).toMatchObject({ clanId: '8', name: 'Ada Lovelace' });
    expect(ada.rooms.size).toBe(2);
  });

  it('is heard of by the log before they are read: what is told then reaches them', async () => {
    ada.chat.log.connection.latencyMs = 5;
    const person = await FollowedPerson.begin('2', ada);
    const flushed = ada.gates.hold('flush');
    const read = ada.gates.hold('last');
    const prepared = person.feed.prepare(ROOM_CHAT, {});
    await arrived(flushed);
    await settle(50);
    expect(read.isThere).toBe(false);
    flushed.release();
    read.release();
    await Promise.all([prepared, settle(50)]);
  });

  it('is read once for those who come together, and anew after it failed', async () => {
    ada.gates.fail('flush', new LogUnavailable('away'));
    const failing = Promise.allSettled([ada.feed.prepare(ROOM_CHAT, {}), ada.feed.prepare(ROOM_CHAT, {})]);
    await settle();
    expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(ada.rooms.size).toBe(0);
    ada.chat.move('1', '7');
    const asked = jest.spyOn(ada.gates, 'pass');
    await Promise.all([ada.prepare(), ada.prepare()]);
    expect(asked.mock.calls.filter(([name]) => name === 'last')).toHaveLength(3);
    expect(ada.feed.person.clanId).toBe('7');
  });

  it('is ready only once the room is they were moved to meanwhile', async () => {
    ada.chat.move('1', '7');
    const [first, second] = [ada.gates.hold('flush'), ada.gates.hold('flush')];
    first.release();
    const prepared = ada.feed.prepare(ROOM_CHAT, {});
    let isPrepared = false;
    void prepared.then(() => (isPrepared = true));
    await arrived(second);
    // The global room waits, and so does everything else that comes now.
    const third = ada.gates.hold('flush');
    ada.chat.move('1', '8', { clanId: '7' });
    await ada.tell();
    await arrived(third);
    second.release();
    await settle();
    expect(isPrepared).toBe(false);
    third.release();
    await Promise.all([prepared, settle()]);
    const { client } = await ada.join();
    await say(clanRoom('8'), 'welcome');
    expect(contents(client)).toEqual(['welcome']);
  });

  it('enters nothing where they were stopped while they were read', async () => {
    const reading = ada.gates.hold('last answer');
    const prepared = ada.feed.prepare(ROOM_CHAT, { clanId: '7' });
    await settle();
    ada.feed.stop();
    reading.release();
    await Promise.all([prepared, settle()]);
    expect([ada.rooms.size, ada.chat.server.subscriptions.size]).toEqual([0, 0]);
  });
});

describe('what a token claims', () => {
  it('is recorded where the log knows nothing, each for itself, and once', async () => {
    await ada.prepare({ clanId: '7', name: 'Ada', avatar: '{}' });
    expect(records().sort()).toEqual(['MemberJoined', 'ProfileChanged']);
    expect(ada.chat.server.records.map((record) => decodeRecord(record))).toMatchObject([
      { room: userRoom('1'), clanId: '7', leftClanId: null },
      { room: userRoom('1'), name: 'Ada', avatar: '{}' },
    ]);
    expect(ada.feed.person).toMatchObject({ clanId: '7', name: 'Ada', avatar: '{}' });
    const asked = jest.spyOn(ada.gates, 'pass');
    await ada.prepare({ clanId: '8', name: 'Bob' });
    expect(asked.mock.calls.filter(([question]) => question === 'decide')).toEqual([]);
    expect(records()).toHaveLength(2);
    expect(ada.feed.person).toMatchObject({ clanId: '7', name: 'Ada' });
  });

  it('counts for nothing where the log knows better', async () => {
    ada.chat.move('1', '7');
    ada.chat.move('1', null, { clanId: '7' });
    await ada.prepare({ clanId: '8', name: 'Ada' });
    expect(ada.feed.person).toMatchObject({ clanId: null, name: 'Ada', avatar: null });
    expect(records()).toEqual(['MemberJoined', 'MemberLeft', 'ProfileChanged']);
  });

  it('is that of the first of several who connect at the same time, on whichever gateway', async () => {
    const elsewhere = await FollowedPerson.begin('1', ada);
    await Promise.all([ada.prepare({ clanId: '7', name: 'Ada' }), elsewhere.prepare({ clanId: '8', name: 'Bob' })]);
    expect(records().sort()).toEqual(['MemberJoined', 'ProfileChanged']);
    for (const { feed } of [ada, elsewhere]) expect(feed.person).toMatchObject({ clanId: '7', name: 'Ada' });
  });

  it('is recorded for a later connection, where the first had none to claim', async () => {
    await ada.prepare();
    await ada.prepare({ clanId: '7' });
    expect(ada.feed.person).toMatchObject({ clanId: '7', name: null });
    await ada.prepare({ name: 'Ada' });
    expect(ada.feed.person).toMatchObject({ clanId: '7', name: 'Ada' });
    expect(records()).toEqual(['MemberJoined', 'ProfileChanged']);
  });
});
