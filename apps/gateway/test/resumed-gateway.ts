import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import { clanRoom } from '#domain';
import type { KnownPosition, ResumedView } from '#protocol';
import type { ChatClient } from './chat-client.js';
import { holdTime, pass } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';

export const CLAN = clanRoom('7');
export const NOT_FOUND = { recovered: false, code: 'not_found' };

/** A gateway whose rooms are resumed by who was away for up to 250 changes. */
export let gateway: HubInMemory;

/** Each test of the suite that calls this has it anew, in time that is held. */
export function resumeAnew(): void {
  beforeEach(async () => {
    holdTime();
    gateway = await HubInMemory.begin({ resumeChangesMax: 250 });
  });
  afterEach(() => {
    gateway.hub.onApplicationShutdown();
    jest.useRealTimers();
  });
}

/** So many messages, which are told; answers with their ids. */
export async function said(count: number, room = CLAN): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => gateway.chat.say(room, `${i + 1}`, room.split(':').at(-1)));
  await gateway.tell();
  return ids;
}

/** The answer to a resume, by room, and what was told before it. */
export async function resume(client: ChatClient, rooms: Readonly<Record<string, KnownPosition | null>>) {
  const begun = client.frames.length;
  client.send('resume', { rooms });
  await pass();
  const frames = client.frames.slice(begun);
  const { event, data } = frames.at(-1) ?? {};
  expect(event).toBe('resumed');
  return { rooms: (data as ResumedView).rooms, told: frames.slice(0, -1) };
}

/** What a frame says of a message, and of the position with it. */
export const summary = ({ event, message, data, position }: ChatClient['frames'][number]) => {
  const { n, rev } = (message ?? data) as { n: number; rev: number };
  return [event, n, rev, ...(position === undefined ? [] : [position])];
};
