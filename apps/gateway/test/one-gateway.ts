import { afterAll, beforeAll } from '@jest/globals';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';

/** A chat, and the gateway of it that a suite is about. */
export let system: ChatUnderTest;
export let gateway: Gateway;

/** The suite that calls this has them from its beginning to its end. */
export function startOne(): void {
  beforeAll(async () => {
    system = await ChatUnderTest.start();
    gateway = await system.startGateway();
  });
  afterAll(() => system.stop());
}
