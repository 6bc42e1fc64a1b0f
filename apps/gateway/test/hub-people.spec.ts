import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom } from '#domain';
import { timeline } from '#projections';
import { reconnectDelay } from '#protocol';
import { TIMELINE_FORMAT } from '#projections';
import { DIRECT_CHAT, ROOM_CHAT } from '../src/socket/endpoint.js';
import { Hub, onlineTopic } from '../src/feeds/hub.js';
import type { Session } from '../src/socket/session.js';
import { holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';
import { settings } from './sessions-on-sockets.js';

let gateway: HubInMemory;
beforeEach(async () => {
  holdTime();
  gateway = await HubInMemory.begin();
});
afterEach(() => {
  gateway.hub.onApplicationShutdown();
  jest.useRealTimers();
});

describe('the people of a gateway', () => {
  it('are held from the first who asks for them to the last', async () => {
    const { hub, chat } = gateway;
    const first = hub.hold('ada');
    expect([hub.hold('ada') === first, hub.hold('bob') === first]).toEqual([true, false]);
    hub.release(first);
    expect(hub.person('ada')).toBe(first);
    hub.release(first);
    expect([hub.person('ada'), hub.held.people]).toEqual([null, 1]);
    const second = hub.hold('ada');
    // Whoever still has the one before has let go of it already.
    hub.release(first);
    expect([hub.person('ada') === second, second === first]).toEqual([true, false]);
    hub.release(second);
    await settle();
    // That by which it says who is connected to it.
    expect(chat.server.subscriptions.size).toBe(2);
  });

  it('are counted by their connections, of either API', async () => {
    await gateway.join('1');
    await gateway.join('1', undefined, DIRECT_CHAT);
    const { client } = await gateway.join('2');
    expect([...gateway.hub.connections()]).toEqual([
      ['1', 2],
      ['2', 1],
    ]);
    expect(gateway.hub.sessions.size).toBe(3);
    client.ws.close();
    await settle();
    expect([...gateway.hub.connections()]).toEqual([['1', 2]]);
  });

  it('do not count once they have said goodbye, and are let go of 2.5 s later where they do not hang up', async () => {
    const { hub } = gateway;
    for (const endpoint of [ROOM_CHAT, DIRECT_CHAT]) {
      const { feed, client } = await gateway.join('1', undefined, endpoint);
      expect(feed.connections(endpoint)).toBe(1);
      // It does not read that it may hang up.
      client.ws.pause();
      client.ws.close();
      await settle();
      expect([feed.connections(endpoint), hub.connections().size, hub.held.sessions]).toEqual([0, 0, 1]);
      await settle(2_400);
      expect(hub.held.sessions).toBe(1);
      await settle(200);
      expect(hub.held).toEqual({ people: 0, rooms: 0, sessions: 0 });
    }
  });

  it('are not asked for over NATS where nobody is told of letters', async () => {
    await gateway.join('1', undefined, DIRECT_CHAT);
    const asked = gateway.chat.elsewhere.live.ask(onlineTopic('1'), '', 100);
    await settle(200);
    expect(await asked).toEqual([]);
  });

  it('answer that they are here while they have a connection of the direct API, where somebody asks', async () => {
    gateway.hub.onApplicationShutdown();
    gateway = await HubInMemory.begin({ inMail: { ...settings.inMail, url: 'http://not-used' } });
    const ask = async (userId: string) => {
      const asked = gateway.chat.elsewhere.live.ask(onlineTopic(userId), '', 100);
      await settle(200);
      return asked;
    };
    await gateway.join('1');
    expect(await ask('1')).toEqual([]);
    const { client } = await gateway.join('1', undefined, DIRECT_CHAT);
    expect([await ask('1'), await ask('2')]).toEqual([['yes'], []]);
    client.ws.close();
    await settle();
    expect(await ask('1')).toEqual([]);
    const { size } = gateway.chat.server.subscriptions;
    const other = await gateway.join('7', undefined, DIRECT_CHAT);
    other.client.ws.close();
    await settle();
    expect(gateway.chat.server.subscriptions.size).toBe(size);
  });
});

describe('a connection that is over', () => {
  it('is left by who tells of presence, by its person and by the gateway; in the end no person is there', async () => {
    const { chat } = gateway;
    const told: [string, Session][] = [];
    const presence = {
      came: (session: Session) => told.push(['came', session]),
      left: (session: Session) => told.push(['left', session]),
      moved: () => undefined,
    };
    const hub = new Hub(chat.log, chat.served, settings, chat.nextKey, () => Promise.resolve(true), presence);
    hub.onApplicationBootstrap();
    await settle();
    const connect = async () => {
      const feed = hub.hold('ada');
      await Promise.all([feed.prepare(ROOM_CHAT, { clanId: '3' }), settle()]);
      let over: (session: Session) => void = () => undefined;
      const whenOver = (listener: typeof over) => (over = listener);
      const parts = { person: feed.person, endpoint: ROOM_CHAT, isOpen: true, topics: new Set() };
      const session = { ...parts, whenOver } as unknown as Session;
      hub.add(session, feed);
      const end = () => {
        over(session);
      };
      return { session, feed, end };
    };
    const [one, other] = [await connect(), await connect()];
    const { feed } = one;
    const left = () => [hub.held, feed.connections(ROOM_CHAT), hub.person('ada')];
    expect(told.splice(0)).toEqual([one, other].map(({ session }) => ['came', session]));
    one.end();
    expect(told.splice(0)).toEqual([['left', one.session]]);
    expect(left()).toEqual([{ people: 1, rooms: 2, sessions: 1 }, 1, feed]);
    other.end();
    expect(told.splice(0)).toEqual([['left', other.session]]);
    expect(left()).toEqual([{ people: 0, rooms: 0, sessions: 0 }, 0, null]);
    const last = await connect();
    hub.onApplicationShutdown();
    last.end();
    expect([told.at(-1), hub.held.sessions]).toEqual([['left', last.session], 0]);
  });
});

describe('a gateway whose timeline is swapped', () => {
  it('goes on with everybody in the next version', async () => {
    const { chat } = gateway;
    const { room, chatId } = chat.open('1', '2');
    await gateway.tell();
    const [ada, bob] = [await gateway.join('ada', '7'), await gateway.join('1', undefined, DIRECT_CHAT)];
    const next = chat.fold(timeline, 2);
    chat.say(clanRoom('7'), 'in the next', '9');
    chat.say(room, 'in the next', '2');
    next.fold();
    await next.write();
    await chat.swap();
    await settle(2_500);
    expect(ada.client.frames).toMatchObject([{ message: { content: 'in the next' } }]);
    expect(bob.client.frames).toMatchObject([{ data: { chat_id: chatId, message: 'in the next' } }]);
    const late = await gateway.join('late', '7');
    chat.say(clanRoom('7'), 'on', '9');
    await next.run();
    await settle();
    expect(late.client.frames).toMatchObject([{ message: { content: 'on' } }]);
  });

  it('sends everybody away, each to come back at another moment, where it cannot read that version', async () => {
    const joined = await Promise.all(Array.from({ length: 20 }, (_, i) => gateway.join(`p-${i}`)));
    expect(gateway.hub.hindrance).toBeNull();
    await gateway.chat.swap(TIMELINE_FORMAT + 1);
    await settle(1_500);
    expect(gateway.hub.hindrance).toContain('format');
    const ends = joined.map(({ client }) => client.end);
    expect(ends.map((end) => end?.code)).toEqual(ends.map(() => 1012));
    const delays = ends.map((end) => reconnectDelay(end!.reason)!);
    expect(new Set(delays).size).toBeGreaterThan(5);
    expect(Math.max(...delays)).toBeLessThanOrEqual(5_000);
    expect(Math.max(...delays)).toBeGreaterThan(1_000);
  });
});

describe('a gateway that goes', () => {
  it('leaves no subscription, no timer and nobody who listens for interruptions', async () => {
    const { hub, presence, chat, connection } = gateway;
    for (const { client } of [await gateway.join('ada', '7'), await gateway.join('1', undefined, DIRECT_CHAT)]) {
      client.send('subscribe', { to: ['presence', 'typing', 'seen'] });
    }
    await settle(600);
    hub.onApplicationShutdown();
    presence.onApplicationShutdown();
    await settle();
    expect([hub.held.people, hub.held.rooms, chat.server.subscriptions.size]).toEqual([0, 0, 0]);
    connection.lose();
    expect(hub.barrier.state).toBe('open');
    for (const session of hub.sessions) session.terminate();
    await settle();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('closes connections whose token ends while it is there', async () => {
    const { client } = await gateway.join('ada', undefined, DIRECT_CHAT, { expiresAt: Date.now() + 800 });
    await settle(700);
    expect(client.end).toBeNull();
    await settle(400);
    expect(client.end?.code).toBe(4001);
  });
});
