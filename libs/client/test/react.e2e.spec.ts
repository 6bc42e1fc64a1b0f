import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { JSDOM } from 'jsdom';
import { WebSocket } from 'ws';
import { until } from '../../../apps/gateway/test/until.js';
import { ChatServer } from '../../../apps/workbench/test/chat-server.js';
import { DirectChat, RoomChat } from '../src/index.js';

// React itself, in a document of jsdom's, which has to be there before it is loaded.
const { window } = new JSDOM('<!doctype html><body></body>');
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
const { act, renderHook, cleanup } = await import('@testing-library/react');
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
const shown = (what: string, holds: () => boolean) => act(() => until(what, holds));

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
  await act(() => result.current.room.loadOlder());
  expect(result.current.room.messages.map(({ n }) => n)).toEqual(Array.from({ length: 70 }, (_, i) => i + 1));
  expect(result.current.room.hasOlder).toBe(false);
  let sent: Promise<string> = Promise.resolve('');
  act(() => {
    sent = result.current.room.send('71', 'happy');
  });
  expect(result.current.room.pending.map(({ data }) => data)).toEqual([{ content: '71', feeling: 'happy' }]);
  const id = await sent;
  await shown('what was said', () => result.current.room.messages.at(-1)?._id === id);
  expect(result.current.room.pending).toEqual([]);
  await act(() => result.current.room.react(id, '👍'));
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
  await act(() => chat.result.current.seen());
  expect(list.result.current[0]!.unread_count).toBe(0);
  await act(async () => {
    await chat.result.current.send('hi');
  });
  await shown('the answer', () => chat.result.current.messages.length === 2);
  expect(chat.result.current.messages.map(({ message }) => message)).toEqual(['hello', 'hi']);
  expect(list.result.current[0]!.unread_count).toBe(0);
});
