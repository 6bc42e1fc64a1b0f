import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { banPerson, clanRoom, GLOBAL_ROOM, type Room, type Sanction, userRoom } from '#domain';
import { LogUnavailable } from '#event-store';
import { encodeUpdate } from '#projections';
import { ReadModelsUnavailable } from '#read-models';
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

describe('a person of whom something is told', () => {
  const update = (member: { seq: number; clanId: string | null } | null, name?: { seq: number; name: string }) =>
    encodeUpdate({ type: 'person', userId: '1', member, profile: name ? { ...name, avatar: null } : null });
  const tell = async (text: string) => {
    ada.chat.elsewhere.live.publishToUser('1', text);
    await settle();
  };

  it('is in the other clan at once, and hears nothing more of the one before', async () => {
    ada.chat.move('1', '7');
    await ada.prepare();
    const { client } = await ada.join();
    await settle();
    ada.chat.say(clanRoom('7'), 'on its way', '9');
    await ada.chat.timeline.run();
    await tell(update({ seq: 9, clanId: '8' }));
    await say(clanRoom('7'), 'too late');
    await say(clanRoom('8'), 'welcome');
    expect(contents(client).filter((content) => content !== 'on its way')).toEqual(['welcome']);
    expect(ada.feed.person.clanId).toBe('8');
    await tell(update({ seq: 10, clanId: null }));
    await say(clanRoom('8'), 'without you');
    expect(contents(client)).not.toContain('without you');
    expect(ada.rooms.size).toBe(1);
    await settle();
    expect(ada.chat.server.subscriptions.size).toBe(2);
  });

  it('is called otherwise', async () => {
    await ada.prepare();
    await tell(update(null, { seq: 5, name: 'Ada' }));
    expect(ada.feed.person).toMatchObject({ name: 'Ada', clanId: null });
  });

  it('is not taken back to what was so before', async () => {
    await ada.prepare();
    await tell(update({ seq: 5, clanId: '7' }, { seq: 6, name: 'Ada' }));
    for (const seq of [4, 5]) await tell(update({ seq, clanId: '8' }, { seq: seq + 1, name: 'Bob' }));
    expect(ada.feed.person).toMatchObject({ clanId: '7', name: 'Ada' });
    // Of the two, each is as new as it is.
    await tell(update({ seq: 4, clanId: '8' }, { seq: 7, name: 'Eve' }));
    expect(ada.feed.person).toMatchObject({ clanId: '7', name: 'Eve' });
    await tell(update({ seq: 8, clanId: '9' }, { seq: 6, name: 'Ada' }));
    expect(ada.feed.person).toMatchObject({ clanId: '9', name: 'Eve' });
  });
});

describe('a person who is banned from a room', () => {
  const ban = (room: Room): Sanction => ({
    kind: 'ban',
    room,
    since: '2026-01-01T00:00:00.000Z',
    until: null,
    by: '9',
  });
  const tell = async (seq: number, ...held: Sanction[]) => {
    const told = { type: 'person', userId: '1', member: null, profile: null, sanctions: { seq, held } } as const;
    ada.chat.elsewhere.live.publishToUser('1', encodeUpdate(told));
    await settle();
  };
  /** In the log, without a word to anybody. */
  const decide = (key: string, room: Room, state: readonly Sanction[]) => {
    const command = { key: key.repeat(24), at: '2026-01-01T00:00:00.000Z', userId: '1', room, by: '9' };
    const decision = banPerson(command, state);
    if ('event' in decision) ada.chat.append(decision.event!);
  };

  it('hears it no more, and the others all the same, until it is lifted; what is older does not count', async () => {
    await ada.prepare({ clanId: '7' });
    const { client } = await ada.join();
    await tell(5, ban(GLOBAL_ROOM));
    expect(ada.feed.person.sanctions).toEqual([ban(GLOBAL_ROOM)]);
    await say(GLOBAL_ROOM, 'without you');
    await say(clanRoom('7'), 'with you');
    await tell(5, ban(clanRoom('7')));
    await say(clanRoom('7'), 'still with you');
    await tell(6, ban(clanRoom('7')));
    await say(clanRoom('7'), 'without you');
    await say(GLOBAL_ROOM, 'back');
    expect(contents(client)).toEqual(['with you', 'still with you', 'back']);
    // Another clan is another room.
    ada.chat.move('1', '8', { clanId: '7' });
    await ada.tell();
    await say(clanRoom('8'), 'welcome');
    expect(contents(client).at(-1)).toBe('welcome');
    expect(ada.rooms.size).toBe(2);
  });

  it('is so at the door, when it is told by the projector, and when it is read again', async () => {
    decide('1', GLOBAL_ROOM, []);
    await ada.prepare({ clanId: '7' });
    const { client } = await ada.join();
    await say(GLOBAL_ROOM, 'without you');
    decide('2', clanRoom('7'), ada.feed.person.sanctions);
    await ada.tell();
    await say(clanRoom('7'), 'without you');
    expect([contents(client), ada.rooms.size]).toEqual([[], 0]);
    ada.chat.move('1', '8', { clanId: '7' });
    await ada.tell();
    expect(ada.rooms.size).toBe(1);
    decide('3', clanRoom('8'), ada.feed.person.sanctions);
    await Promise.all([ada.feed.refresh(), settle()]);
    expect(ada.rooms.size).toBe(0);
    await say(clanRoom('8'), 'without you');
    expect(contents(client)).toEqual([]);
  });
});

describe('a person who is read again', () => {
  it('is as the log has them by now', async () => {
    await ada.prepare({ clanId: '7' });
    const { client } = await ada.join();
    ada.chat.move('1', '8', { clanId: '7' });
    await Promise.all([ada.feed.refresh(), settle()]);
    await say(clanRoom('8'), 'welcome');
    expect(contents(client)).toEqual(['welcome']);
  });

  it('is not read where they are not known yet, or have gone', async () => {
    const asked = jest.spyOn(ada.gates, 'pass');
    await ada.feed.refresh();
    await ada.prepare();
    ada.feed.stop();
    asked.mockClear();
    await ada.feed.refresh();
    expect(asked).not.toHaveBeenCalled();
  });

  it('is still to be read where the log does not answer', async () => {
    await ada.prepare();
    const { client } = await ada.join();
    ada.gates.fail('last', new LogUnavailable('away'));
    const refreshed = ada.feed.refresh().catch((error: unknown) => error);
    await settle();
    expect(await refreshed).toBeInstanceOf(LogUnavailable);
    expect(client.ws.readyState).toBe(client.ws.OPEN);
  });

  it('is sent away on every connection where the log cannot be read, and is read anew when they are back', async () => {
    await ada.prepare();
    await ada.prepare({}, DIRECT_CHAT);
    const [inRooms, direct] = [(await ada.join()).client, (await ada.join(DIRECT_CHAT)).client];
    const room = userRoom('1');
    ada.chat.server.store({ room, kind: 'member', id: 'member.x', type: 'MemberMoved', version: 9, body: '{}' });
    await Promise.all([ada.feed.refresh(), settle()]);
    const end = { code: 1011, reason: 'internal error' };
    expect([inRooms.end, direct.end]).toEqual([end, end]);
    ada.chat.move('1', '7');
    await ada.prepare();
    expect(ada.feed.person.clanId).toBe('7');
  });
});

describe('a person of whom something cannot be read', () => {
  it('is sent away and told of once, however much there is of it', async () => {
    const said = jest.spyOn(Logger.prototype, 'error');
    await ada.prepare();
    const { client } = await ada.join();
    for (let i = 0; i < 3; i++) ada.chat.elsewhere.live.publishToUser('1', 'compressed');
    await settle();
    expect(client.end?.code).toBe(1011);
    expect(said.mock.calls.filter(([line]) => String(line).includes('of user "1" cannot be read'))).toHaveLength(1);
    said.mockRestore();
  });
});

describe('a person who is stopped', () => {
  it('is in no room, and leaves no subscription', async () => {
    await ada.prepare({ clanId: '7' });
    await ada.prepare();
    await ada.prepare({}, DIRECT_CHAT);
    const { client } = await ada.join();
    await settle();
    expect([ada.rooms.size, ada.chat.server.subscriptions.size]).toEqual([2, 3]);
    ada.feed.stop();
    await settle();
    expect([ada.rooms.size, ada.chat.server.subscriptions.size]).toEqual([0, 0]);
    await say(GLOBAL_ROOM, 'too late');
    expect(client.frames).toEqual([]);
  });

  it('enters no other where they were just read again', async () => {
    await ada.prepare({ clanId: '7' });
    const reading = ada.gates.hold('last answer');
    ada.chat.move('1', '8', { clanId: '7' });
    void ada.feed.refresh();
    await arrived(reading);
    ada.feed.stop();
    reading.release();
    await settle();
    expect([ada.rooms.size, ada.chat.server.subscriptions.size]).toEqual([0, 0]);
  });

  it('asks for their chats no more', async () => {
    ada.chat.gates.fail('range inbox of timeline-1', new ReadModelsUnavailable('away'));
    const prepared = ada.feed.prepare(DIRECT_CHAT, {});
    await settle(100);
    ada.feed.stop();
    const asked = jest.spyOn(ada.chat.gates, 'pass');
    await settle(500);
    await prepared;
    expect(asked.mock.calls.filter(([question]) => question !== 'versions')).toEqual([]);
  });

  it('leaves the rooms to the others who are in them', async () => {
    const bob = await FollowedPerson.begin('2', ada);
    await Promise.all([ada.prepare({ clanId: '7' }), bob.prepare({ clanId: '7' })]);
    const [of1, of2] = [(await ada.join()).client, (await bob.join()).client];
    ada.feed.stop();
    await say(clanRoom('7'), 'still here');
    expect([contents(of1), contents(of2)]).toEqual([[], ['still here']]);
  });
});

describe('a connection that is over', () => {
  it('is told nothing more, and the others of its person are', async () => {
    await ada.prepare({ clanId: '7' });
    await ada.prepare({}, DIRECT_CHAT);
    const [gone, stays] = [await ada.join(), await ada.join()];
    const direct = await ada.join(DIRECT_CHAT);
    for (const { session } of [gone, direct]) ada.feed.remove(session);
    await say(GLOBAL_ROOM, 'to all');
    await say(clanRoom('7'), 'to the clan');
    expect([contents(gone.client), contents(stays.client)]).toEqual([[], ['to all', 'to the clan']]);
    expect([ada.feed.connections(ROOM_CHAT), ada.feed.connections(DIRECT_CHAT)]).toEqual([1, 0]);
  });
});
