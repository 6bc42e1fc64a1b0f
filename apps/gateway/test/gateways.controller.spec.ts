import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { hostname } from 'node:os';
import type { HttpAdapterHost } from '@nestjs/core';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { GatewaysController } from '../src/socket/gateways.controller.js';
import { ChatInMemory, holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';

let chat: ChatInMemory;
let gateways: HubInMemory[];
let controllers: GatewaysController[];
beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  [gateways, controllers] = [[], []];
});
afterEach(() => {
  for (const { hub } of gateways) hub.onApplicationShutdown();
  jest.useRealTimers();
});

/** One more gateway of this chat, at a port of this host. */
async function gatewayAt(port: number | null): Promise<HubInMemory> {
  const gateway = await HubInMemory.on(chat);
  const address = () => (port === null ? null : { port });
  const host = { httpAdapter: { getHttpServer: () => ({ address }) } } as unknown as HttpAdapterHost;
  const controller = new GatewaysController(gateway.log, gateway.hub, host);
  controller.onApplicationBootstrap();
  gateways.push(gateway);
  controllers.push(controller);
  return gateway;
}

async function listed() {
  const answer = controllers[0]!.gateways();
  await settle(600);
  return (await answer).data;
}

describe('GET /online/gateways', () => {
  it('is what each gateway has, of either API, in the order of their names', async () => {
    const [two, one] = [await gatewayAt(9_002), await gatewayAt(9_001)];
    await one.join('a');
    await two.join('a');
    await two.join('a', undefined, DIRECT_CHAT);
    await two.join('b', undefined, DIRECT_CHAT);
    expect(await listed()).toEqual([
      { gateway: `${hostname()}:9001`, rooms: 1, direct: 0, people: 1 },
      { gateway: `${hostname()}:9002`, rooms: 1, direct: 2, people: 2 },
    ]);
  });

  it('counts no connection that is ending, and names who does not listen yet by its host', async () => {
    const gateway = await gatewayAt(null);
    const { session } = await gateway.join('a');
    session.close({ code: 4_001, reason: 'over' });
    expect(await listed()).toMatchObject([{ gateway: `${hostname()}:0`, rooms: 0, direct: 0 }]);
  });

  it('has none that was shut down', async () => {
    await gatewayAt(9_001);
    await gatewayAt(9_002);
    controllers[1]!.onApplicationShutdown();
    await settle();
    expect((await listed()).map(({ gateway }) => gateway)).toEqual([`${hostname()}:9001`]);
  });
});
