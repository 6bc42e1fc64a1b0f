import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Health, Tokens } from '#platform';
import { loadConfig } from '#settings';
import { reconnectDelay } from '#protocol';
import { Closings } from '../src/socket/closings.js';
import { Drain } from '../src/socket/drain.js';
import { Hub } from '../src/feeds/hub.js';
import { Reception } from '../src/socket/reception.js';
import { ChatInMemory, holdTime, settle } from './chat-in-memory.js';
import { sessionInMemory } from './session-in-memory.js';
import { settings } from './sessions-on-sockets.js';
import { Presence } from '../src/presence/presence.js';
import { Traffic } from '../src/traffic.js';

const { tokens } = loadConfig(
  {
    JWT_SECRET: 'a secret for tests, 32 bytes long',
    ENCRYPTION: 'off',
    NATS_URL: 'nats://not-used',
    MONGODB_URL: 'mongodb://not-used',
  },
  'gateway',
);

let hub: Hub;
let health: Health;
let drain: Drain;

beforeEach(async () => {
  holdTime();
  const chat = await ChatInMemory.start();
  const { log } = chat;
  hub = new Hub(log, chat.served, settings, chat.nextKey, () => Promise.resolve(true), new Presence(log, settings));
  health = new Health();
  const reception = new Reception(
    hub,
    log,
    new Tokens(tokens, chat.log.revocations),
    settings,
    health,
    new Closings(new Traffic()),
    chat.nextKey,
    { spend: () => undefined },
    new Traffic(),
  );
  drain = new Drain(hub, reception);
  hub.onApplicationBootstrap();
  await settle();
});
afterEach(() => {
  hub.onApplicationShutdown();
  jest.useRealTimers();
});

async function join(userId: string) {
  const feed = hub.hold(userId);
  const joined = await sessionInMemory({ person: feed.person });
  hub.add(joined.session, feed);
  return joined;
}

/** Whether it is drained by now. */
function draining(): { isOver: boolean } {
  const state = { isOver: false };
  void drain.beforeApplicationShutdown().then(() => (state.isOver = true));
  return state;
}

describe('a gateway that goes', () => {
  it('is at its end at once where nobody is connected, and lets nobody in any more', async () => {
    expect(await health.ready()).toEqual({ ready: true });
    const state = draining();
    await settle(0);
    expect(state.isOver).toBe(true);
    await settle(500);
    expect(await health.ready()).toMatchObject({
      ready: false,
      failing: [{ check: 'sockets', message: 'this gateway is going away' }],
    });
  });

  it('cuts whoever is left after three and a half seconds, whatever keeps them', async () => {
    const logged = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const { session } = await join('kept');
    jest.spyOn(session, 'finish').mockImplementation(() => undefined);
    const state = draining();
    await settle(3_400);
    expect([hub.held.sessions, state.isOver, logged.mock.calls]).toEqual([1, false, [['closing 1 connections']]]);
    await settle(200);
    expect([hub.held.sessions, state.isOver]).toEqual([0, true]);
    jest.restoreAllMocks();
  });

  it('leaves who reads slowly the time to read what they were sent, and why it ends', async () => {
    const { session, client } = await join('slow');
    client.ws.pause();
    await settle();
    session.reply(JSON.stringify({ event: 'large', data: 'x'.repeat(4_000_000) }));
    const state = draining();
    await settle(1_000);
    expect(state.isOver).toBe(false);
    client.ws.resume();
    await settle(500);
    expect(client.frames).toMatchObject([{ event: 'large' }]);
    const { code, reason } = await client.closed;
    expect([code, reconnectDelay(reason)]).toEqual([1012, expect.any(Number)]);
    expect([state.isOver, hub.held.sessions]).toEqual([true, 0]);
  });

  it('spreads the closes over a second and a half, and cuts who has not read by the end', async () => {
    const joined = await Promise.all(Array.from({ length: 150 }, (_, i) => join(`deaf-${i}`)));
    for (const { client } of joined) client.ws.pause();
    await settle();
    const open = () => joined.filter(({ session }) => session.isOpen).length;
    const state = draining();
    expect(open()).toBeGreaterThan(140);
    await settle(700);
    expect(open()).toBeGreaterThan(50);
    await settle(900);
    expect([open(), hub.held.sessions, state.isOver]).toEqual([0, 150, false]);
    await settle(2_000);
    expect([hub.held.sessions, state.isOver]).toEqual([0, true]);
  });
});
