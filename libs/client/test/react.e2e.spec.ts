import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { JSDOM } from 'jsdom';
import { WebSocket } from 'ws';
import { ChatServer } from '../../../apps/workbench/test/chat-server.js';
import { DirectChat, RoomChat } from '../src/index.js';

// React itself, in a document of jsdom's, which has to be there before it is loaded.
const { window } = new JSDOM('<!doctype html><body></body>');
Object.assign(globalThis, { window, document: window.document });
// What happens is shown when React gets to it, as in a page, not when a test says so.
process.env['RTL_SKIP_AUTO_CLEANUP'] = 'true';
const { renderHook, cleanup, waitFor } = await import('@testing-library/react');
const { useChat, useChats, useConnection, useRoom } = await import('../src/react.js');

let server: ChatServer;
const chats: (RoomChat | DirectChat)[] = [];

beforeAll(async () => {
  server = await ChatServer.start();
}, 60_000);
afterAll(async () => {
  cleanup();
  for (const chat of chats) chat.disconnect();
  await server.stop();
});

const common = () => ({ url: server.url(), WebSocket });
function room(userId: string): RoomChat {
  const chat = new RoomChat({ ...common(), token: server.token(userId, { clanId: 'react', name: userId }) });
  chats.push(chat);
  return chat;
}
function direct(userId: number): DirectChat {
  const chat = new DirectChat({ ...common(), token: server.token(userId) }).connect();
  chats.push(chat);
  return chat;
}
const shown = (what: string, holds: () => boolean) =>
  waitFor(
    () => {
      if (!holds()) throw new Error(`not shown: ${what}`);
    },
    { timeout: 10_000 },
  );

it('a room is shown as it is: what comes, what waits, what was before', async () => {
  const bob = room('bob').connect();
  for (let i = 1; i <= 70; i++) await bob.send('clan', `${i}`);
  const ada = room('ada');
  const { result, unmount } = renderHook(() => ({ room: useRoom(ada, 'clan'), connection: useConnection(ada) }));
  expect([result.current.connection.state, result.current.room.messages]).toEqual(['disconnected', []]);
  ada.connect();
  await shown('the latest page', () => result.current.room.messages.length === 50);
  expect(result.current.connection.state).toBe('connected');
  expect(result.current.room.hasOlder).toBe(true);
  await result.current.room.loadOlder();
  await shown('the older page', () => !result.current.room.hasOlder);
  expect(result.current.room.messages.map(({ n }) => n)).toEqual(Array.from({ length: 70 }, (_, i) => i + 1));
  server.proxies[0]!.cut();
  await shown('the cut', () => result.current.connection.state === 'connecting');
  const sent = result.current.room.send('71', 'happy');
  await shown('that it waits', () => result.current.room.pending.length === 1);
  expect(result.current.room.pending.map(({ data }) => data)).toEqual([{ content: '71', feeling: 'happy' }]);
  server.proxies[0]!.mend();
  const id = await sent;
  await shown('what was said', () => result.current.room.messages.at(-1)?._id === id);
  await shown('that nothing waits', () => result.current.room.pending.length === 0);
  await result.current.room.react(id, '👍');
  await shown('the reaction', () => result.current.room.messages.at(-1)?.reactions.length === 1);
  unmount();
  await bob.send('clan', 'to nobody');
});

it('direct chats are shown as they are, the one that is looked at with its messages', async () => {
  const [ada, bob] = [direct(81), direct(82)];
  const list = renderHook(() => useChats(bob));
  const opened = await ada.open(82);
  await ada.send(opened, 'hello');
  await shown('the chat', () => list.result.current[0]?.unread_count === 1);
  expect(list.result.current[0]).toMatchObject({ id: opened.id, receiver_id: 81, last_message: { message: 'hello' } });
  const chat = renderHook(() => useChat(bob, list.result.current[0]!));
  await shown('its messages', () => chat.result.current.messages.length === 1);
  await chat.result.current.seen();
  await shown('that all is read', () => list.result.current[0]?.unread_count === 0);
  await chat.result.current.send('hi');
  await shown('the answer', () => chat.result.current.messages.length === 2);
  expect(chat.result.current.messages.map(({ message }) => message)).toEqual(['hello', 'hi']);
  expect(list.result.current[0]!.unread_count).toBe(0);
});
