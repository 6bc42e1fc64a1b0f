import { afterEach, beforeEach, jest } from '@jest/globals';
import { type Topic } from '#protocol';
import type { ChatClient, Received } from './chat-client.js';
import { holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';

/** Two gateways of one chat. */
export let here: HubInMemory;
export let there: HubInMemory;
const gateways: HubInMemory[] = [];

/** Each test of the suite that calls this has them anew, in time that is held. */
export function gatherAnew(): void {
  beforeEach(async () => {
    holdTime();
    here = await HubInMemory.begin();
    there = await HubInMemory.on(here.chat);
    gateways.push(here, there);
  });
  afterEach(() => {
    for (const { hub, presence } of gateways.splice(0)) {
      hub.onApplicationShutdown();
      presence.onApplicationShutdown();
    }
    jest.useRealTimers();
  });
}

/** One more gateway of that chat. */
export async function third(): Promise<HubInMemory> {
  const gateway = await HubInMemory.on(here.chat);
  gateways.push(gateway);
  return gateway;
}

/** Asks for these, until what that brings is told. */
export const subscribe = async (client: ChatClient, ...to: Topic[]) => {
  client.send('subscribe', { to }, 's');
  await settle(800);
};

/** What was told of presence. */
export const presenceOf = (client: ChatClient): Received[] =>
  client.frames.filter(({ event }) => event === 'presence').map((frame) => (frame.data ?? frame) as Received);
export const brief = ({ online, offline, snapshot }: Received) => ({
  online,
  offline,
  ...(snapshot === true && { snapshot }),
});
