import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom } from '#domain';
import { LogUnavailable } from '#event-store';
import type { Session } from '../src/socket/session.js';
import { arrived, ChatInMemory, holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';

let chat: ChatInMemory;
let gateway: HubInMemory;
beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  gateway = await HubInMemory.on(chat, chat.log);
});
afterEach(() => {
  gateway.hub.onApplicationShutdown();
  jest.useRealTimers();
});

/** What becomes of a command, once it is settled. */
async function command(session: Session): Promise<unknown> {
  const made = session.attempts.make(undefined, null, () => Promise.resolve('carried out'));
  const [outcome] = await Promise.all([made.catch((error: unknown) => error), settle(50)]);
  return outcome;
}

describe('while no event is stored', () => {
  it('a command is decided by what the log says then, and by nothing where it says nothing', async () => {
    const [ada, bob] = [await gateway.join('ada', '3'), await gateway.join('bob', '3')];
    chat.log.tellHindrance('nothing is stored');
    chat.move('ada', '4', { clanId: '3' });
    const away = chat.log.connection.gates.hold('whenLed');
    const refused = command(ada.session);
    await arrived(away);
    away.fail(new LogUnavailable('cut off'));
    expect(await refused).toBeInstanceOf(LogUnavailable);
    expect(ada.feed.person.clanId).toBe('3');
    expect(await command(ada.session)).toBe('carried out');
    expect(ada.feed.person.clanId).toBe('4');
    // What is told is told all the while.
    chat.say(clanRoom('3'), 'heard', '9');
    await gateway.tell();
    expect(bob.client.frames).toMatchObject([{ message: { content: 'heard' } }]);
    chat.log.tellHindrance(null);
    await settle(50);
    expect(gateway.hub.barrier.isOpen).toBe(true);
  });

  it('who was erased meanwhile says nothing more, and who has their id since is left alone', async () => {
    chat.log.keyId = 'ada.1';
    const ada = await gateway.join('ada', '3');
    chat.log.tellHindrance('nothing is stored');
    expect(await command(ada.session)).toBe('carried out');
    chat.log.keyId = 'ada.2';
    expect(await command(ada.session)).toBeInstanceOf(LogUnavailable);
    expect(ada.session.isOpen).toBe(false);
    const again = await gateway.join('ada', '3');
    expect(await command(again.session)).toBe('carried out');
    expect(again.session.isOpen).toBe(true);
  });
});

it('who was let in with a key that the log does not take comes again, and is read anew', async () => {
  const [ada, bob] = [await gateway.join('ada', '3'), await gateway.join('bob', '3')];
  chat.move('ada', '4', { clanId: '3' });
  for (const listener of chat.log.refused) listener('ada');
  expect([ada.session.isOpen, bob.session.isOpen]).toEqual([false, true]);
  expect((await gateway.join('ada', '3')).feed.person.clanId).toBe('4');
});
