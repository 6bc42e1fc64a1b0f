import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { clanRoom, keySequence, type Room, userRoom } from '#domain';
import { LogUnavailable } from '#event-store';
import {
  type Change,
  encodeUpdate,
  type ToldMessage,
  placeId,
  ServedTimeline,
  TIMELINE_FORMAT,
  timelineCollections,
} from '#projections';
import { firstVersion, memoryReadModels, type ReadModels } from '#read-models';
import { type MemoryLog, MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { DIRECT_CHAT, type Endpoint, ROOM_CHAT } from '../src/socket/endpoint.js';
import { Hub } from '../src/feeds/hub.js';
import type { ChatClient } from './chat-client.js';
import { until } from './until.js';
import { SessionsOnSockets, settings } from './sessions-on-sockets.js';
import { Presence } from '../src/presence/presence.js';

const sockets = new SessionsOnSockets();
const newKey = keySequence(Buffer.alloc(8));
const clan = clanRoom('3');
/** So that it is asked who is online. */
const withInMail = { ...settings, inMail: { ...settings.inMail, url: 'http://127.0.0.1:9/' } };

let server: MemoryLogServer;
/** As the gateway has it, and as a projector does. */
let log: MemoryLog;
let elsewhere: MemoryLog;
let readModels: ReadModels;
let hub: Hub;

beforeAll(async () => {
  Logger.overrideLogger(false);
  await sockets.start();
});
beforeEach(async () => {
  server = new MemoryLogServer();
  [log, elsewhere] = [server.connect(), server.connect()];
  readModels = memoryReadModels();
  await readModels.versions.replace('timeline', firstVersion(TIMELINE_FORMAT, 1));
  await readModels.projection('timeline', 1).setUp(timelineCollections);
  hub = new Hub(
    log,
    new ServedTimeline(readModels),
    withInMail,
    newKey,
    () => Promise.resolve(true),
    new Presence(log, settings),
  );
  hub.onApplicationBootstrap();
  await until('a timeline is followed', () => hub.hindrance === null);
});
afterEach(() => {
  sockets.cut();
  hub.onApplicationShutdown();
});
afterAll(() => {
  sockets.stop();
});

async function enter(userId: string, clanId: string, endpoint: Endpoint = ROOM_CHAT) {
  const feed = hub.hold(userId);
  await feed.prepare(endpoint, { clanId });
  const { session, client } = await sockets.connect({ endpoint, person: feed.person, barrier: hub.barrier });
  hub.add(session, feed);
  return { session, client };
}
const join = async (...who: Parameters<typeof enter>): Promise<ChatClient> => (await enter(...who)).client;

/** What the log says of a person from now on, this release cannot read. */
const spoil = (userId: string) =>
  server.store({ room: userRoom(userId), kind: 'member', id: 'member.x', type: 'MemberMoved', version: 9, body: '{}' });

const change = (room: Room, n: number): Change => {
  const messageId = String(n).padStart(24, '0');
  const sender = { id: '1', name: 'Ada', avatar: null };
  const at = '2026-01-01T00:00:00.000Z';
  const told = { feeling: null, reactions: [], sent: null, content: `message ${n}` };
  const message = { _id: placeId(room, n), seq: n, room, n, rev0: n, rev: n, messageId, sender, at, ...told };
  return { rev: n, kind: 'message', message };
};
const store = (message: ToldMessage) =>
  readModels.projection('timeline', 1).write('messages', [{ document: message, known: false }]);

/** A projector has folded a message, and tells it. */
async function say(room: Room, n: number): Promise<void> {
  const changes = [change(room, n)];
  await store(changes[0]!.message);
  elsewhere.live.publishToRoom(room, encodeUpdate({ type: 'room', version: 1, room, from: n - 1, to: n, changes }));
}

/** What the log says of somebody who went over to clan 4. */
const changedClan = (userId: string) => ({
  ...({ type: 'MemberJoined', userId, clanId: '4', leftClanId: '3' } as const),
  ...{ room: userRoom(userId), id: `member.${newKey()}`, at: new Date().toISOString() },
});

const contentOf = async (client: ChatClient) => (await client.next()).message?.['content'];

describe("one person's trouble", () => {
  it('after an interruption ends their connections, and nobody else is kept waiting', async () => {
    const [ada, other, bob] = [await join('ada', '3'), await join('ada', '3', DIRECT_CHAT), await join('bob', '3')];
    spoil('ada');
    log.connection.lose();
    log.connection.comeBack();
    expect([await ada.closed, await other.closed]).toEqual(Array(2).fill({ code: 1011, reason: 'internal error' }));
    await until('the barrier is open', () => hub.barrier.state === 'open');
    await say(clan, 1);
    expect(await contentOf(bob)).toBe('message 1');
    expect(hub.connections()).toEqual(new Map([['bob', 1]]));
  });

  it('at their connect is that of this connection', async () => {
    spoil('ada');
    await expect(join('ada', '3')).rejects.toThrow();
    const bob = await join('bob', '3');
    await say(clan, 1);
    expect(await contentOf(bob)).toBe('message 1');
  });

  it('with what is told of them ends their connections, and who comes back is read anew', async () => {
    const [ada, bob] = [await join('ada', '3'), await join('bob', '3')];
    // Somebody who is just coming in keeps the feed there.
    const kept = hub.hold('ada');
    elsewhere.live.publishToUser('ada', '{"type":"person","userId":"ada","member":{"clan":["4"]},"profile":null}');
    expect((await ada.closed).code).toBe(1011);
    await elsewhere.append(changedClan('ada'));
    const again = await join('ada', '3');
    expect(hub.person('ada')).toBe(kept);
    await say(clan, 1);
    await say(clanRoom('4'), 1);
    expect(await again.next()).toMatchObject({ message: { clan_id: '4' } });
    expect(await contentOf(bob)).toBe('message 1');
    expect(bob.ws.readyState).toBe(bob.ws.OPEN);
  });
});

describe('what is told of a person and cannot be read', () => {
  it('while they come in is looked up before they are in', async () => {
    await (await join('ada', '3')).close();
    await until('they have left', () => hub.held.people === 0);
    const read = log.connection.gates.hold('last answer');
    const coming = join('ada', '3');
    await read.arrived;
    await elsewhere.append(changedClan('ada'));
    elsewhere.live.publishToUser('ada', 'compressed');
    await elsewhere.live.flush();
    await log.live.flush();
    read.release();
    const ada = await coming;
    await say(clan, 1);
    await say(clanRoom('4'), 1);
    expect(await ada.next()).toMatchObject({ message: { clan_id: '4' } });
  });

  it('leaves alone what was begun after it', async () => {
    await (await join('ada', '3')).close();
    await until('they have left', () => hub.held.people === 0);
    const read = log.connection.gates.hold('last');
    const failing = join('ada', '3');
    await read.arrived;
    elsewhere.live.publishToUser('ada', 'compressed');
    await elsewhere.live.flush();
    await log.live.flush();
    const ada = await join('ada', '3');
    read.fail(new LogUnavailable('for a moment'));
    await expect(failing).rejects.toThrow(LogUnavailable);
    const member = { seq: 1_000, clanId: '4' };
    elsewhere.live.publishToUser('ada', encodeUpdate({ type: 'person', userId: 'ada', member, profile: null }));
    await until('they are in the other clan', () => hub.person('ada')?.person.clanId === '4');
    expect(ada.ws.readyState).toBe(ada.ws.OPEN);
  });
});

describe('after an interruption', () => {
  /** By then it was tried again. Milliseconds. */
  const RETRIED = 700;
  it('a person who cannot be read for the moment is read again, and nothing is told or asked before', async () => {
    const { client: ada, session } = await enter('ada', '3');
    const bob = await join('bob', '3');
    log.connection.lose();
    await expect(session.admit()).rejects.toThrow(LogUnavailable);
    const [first, second] = [log.connection.gates.hold('last'), log.connection.gates.hold('last')];
    log.connection.comeBack();
    await first.arrived;
    await say(clan, 1);
    const early = session.admit();
    second.release();
    first.fail(new LogUnavailable('for a moment'));
    await expect(early).rejects.toThrow(LogUnavailable);
    const again = log.connection.gates.hold('last');
    await again.arrived;
    let isAdmitted = false;
    const late = session.admit().then(() => (isAdmitted = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([ada.frames, bob.frames, isAdmitted]).toEqual([[], [], false]);
    expect(hub.hindrance).toContain('is read again');
    again.release();
    await late;
    expect([await contentOf(ada), await contentOf(bob)]).toEqual(['message 1', 'message 1']);
    expect([hub.barrier.state, hub.hindrance]).toEqual(['open', null]);
  });

  it('of which another one came in between, everybody is read again', async () => {
    const [ada, bob] = [await join('ada', '3'), await join('bob', '3')];
    log.connection.lose();
    // Ada is read, Bob is to be read once more in a while.
    const holds = Array.from({ length: 4 }, () => log.connection.gates.hold('last'));
    log.connection.comeBack();
    await Promise.all(holds.map(({ arrived }) => arrived));
    for (const [i, hold] of holds.entries()) {
      if (i < 2) hold.release();
      else hold.fail(new LogUnavailable('for a moment'));
    }
    await until('the barrier is shut', () => hub.barrier.state === 'shut');
    log.connection.lose();
    await elsewhere.append(changedClan('ada'));
    await new Promise((resolve) => setTimeout(resolve, RETRIED));
    expect(hub.barrier.state).toBe('shut');
    const held = log.connection.gates.hold('last');
    log.connection.comeBack();
    await held.arrived;
    await say(clan, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([ada.frames, bob.frames]).toEqual([[], []]);
    held.release();
    expect(await contentOf(bob)).toBe('message 1');
    expect(await ada.quiet(50)).toEqual([]);
  });
});

// Its connection was never lost, and what was told elsewhere did not come over it.
describe('once events are stored again', () => {
  it('nothing is told or asked before everybody was read again', async () => {
    const [ada, { client: bob, session }] = [await join('ada', '3'), await enter('bob', '3')];
    log.tellHindrance('nothing is stored');
    await elsewhere.append(changedClan('ada'));
    const held = log.connection.gates.hold('last');
    log.tellHindrance(null);
    await held.arrived;
    await say(clan, 1);
    let isAdmitted = false;
    const late = session.admit().then(() => (isAdmitted = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([ada.frames, bob.frames, isAdmitted]).toEqual([[], [], false]);
    held.release();
    await late;
    expect(await contentOf(bob)).toBe('message 1');
    expect(await ada.quiet(50)).toEqual([]);
  });
});

describe('who leaves', () => {
  it('is gone, and nothing is held for them', async () => {
    const listened = server.subscriptions.size;
    const [ada, other] = [await join('ada', '3'), await join('ada', '3', DIRECT_CHAT)];
    const feed = hub.person('ada');
    expect(hub.held).toEqual({ people: 1, rooms: 2, sessions: 2 });
    await ada.close();
    await until('one has left', () => hub.held.sessions === 1);
    expect([feed?.connections(ROOM_CHAT), feed?.connections(DIRECT_CHAT)]).toEqual([0, 1]);
    await other.close();
    await until('both have left', () => hub.held.sessions === 0);
    expect([feed?.connections(DIRECT_CHAT), hub.person('ada'), hub.connections()]).toEqual([0, null, new Map()]);
    expect(hub.held).toEqual({ people: 0, rooms: 0, sessions: 0 });
    await until('nobody is listened for', () => server.subscriptions.size === listened);
  });
});

describe('an update of a room that cannot be read', () => {
  it('is looked up, and the next one is told as ever', async () => {
    const bob = await join('bob', '3');
    await store(change(clan, 1).message);
    elsewhere.live.publishToRoom(clan, '{"type":"room","changes":"compressed"}');
    expect(await contentOf(bob)).toBe('message 1');
    elsewhere.live.publishToRoom(clan, 'null');
    await say(clan, 2);
    expect(await contentOf(bob)).toBe('message 2');
    expect(await bob.quiet(50)).toEqual([]);
  });
});
