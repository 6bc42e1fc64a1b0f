import { afterEach, beforeEach, jest } from '@jest/globals';
import { decodeRecord } from '#event-store';
import { CallerInMemory } from './caller-in-memory.js';
import { ChatInMemory, holdTime } from './chat-in-memory.js';

/** A chat in memory, and two who ask something of it: the first is in clan 7. */
export let chat: ChatInMemory;
export let ada: CallerInMemory;
export let bob: CallerInMemory;

/** Each test of the suite that calls this has them anew, in time that is held. */
export function askAnew(): void {
  beforeEach(async () => {
    holdTime();
    chat = await ChatInMemory.start();
    [ada, bob] = [new CallerInMemory('1', '7'), new CallerInMemory('2')];
  });
  afterEach(() => {
    jest.useRealTimers();
  });
}

export const events = () => chat.server.records.map((record) => decodeRecord(record));
export const types = () => events().map(({ type }) => type);
