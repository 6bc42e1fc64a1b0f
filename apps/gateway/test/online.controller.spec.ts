import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OnlineController } from '../src/socket/online.controller.js';
import { holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';

let gateway: HubInMemory;
beforeEach(async () => {
  holdTime();
  gateway = await HubInMemory.begin();
});
afterEach(() => {
  gateway.hub.onApplicationShutdown();
  jest.useRealTimers();
});

/** Asks a gateway on this log. */
async function online(controller: OnlineController) {
  const answer = controller.online();
  await settle(600);
  return (await answer).data;
}

describe('GET /online', () => {
  it('adds up what all gateways answer, in the order of the ids', async () => {
    const { chat, hub } = gateway;
    const here = new OnlineController(chat.log, hub);
    const there = new OnlineController(chat.elsewhere, hub);
    for (const controller of [here, there]) controller.onApplicationBootstrap();
    await gateway.join('b');
    await gateway.join('b');
    await gateway.join('a');
    expect(await online(here)).toEqual([
      { userId: 'a', connections: 2 },
      { userId: 'b', connections: 4 },
    ]);
  });

  it('is empty where nobody is connected', async () => {
    const controller = new OnlineController(gateway.chat.log, gateway.hub);
    controller.onApplicationBootstrap();
    expect(await online(controller)).toEqual([]);
  });

  it('answers in pieces of a thousand people, each small enough for NATS', async () => {
    const { chat } = gateway;
    const id = (i: number) => `${String(i).padStart(4, '0')}${'ä'.repeat(60)}`;
    const people = Array.from({ length: 2_001 }, (_, i) => [id(i), 10] as const);
    const controller = new OnlineController(chat.log, { connections: () => new Map(people) });
    controller.onApplicationBootstrap();
    const sizes: number[] = [];
    await settle();
    const pieces = chat.elsewhere.live.ask('online-list', '', 100);
    await settle(200);
    for (const piece of await pieces) sizes.push((JSON.parse(piece) as unknown[]).length);
    expect(sizes).toEqual([1_000, 1_000, 1]);
    for (const piece of await pieces) expect(Buffer.byteLength(piece)).toBeLessThan(1_000_000);
    const found = await online(controller);
    expect(found).toHaveLength(2_001);
    expect(found.map(({ userId }) => userId)).toEqual(people.map(([userId]) => userId));
  });
});
