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
const { useChat, useChats, useConnection, usePresence, useRoom, useTyping } = await import('../src/react.js');

let server: ChatServer;
const chats: (RoomChat | DirectChat)[] = [];

beforeAll(async () => {
  server = await ChatServer.start({ RESUME_CHANGES_MAX: '50' });
});
afterAll(async () => {
  cleanup();
  for (const chat of chats) chat.disconnect();
  await server.stop();
});

const common = (gateway = 0) => ({ url: server.url(gateway), httpUrl: server.http, WebSocket });
function room(userId: string, gateway = 0): RoomChat {
  const chat = new RoomChat({ ...common(gateway), token: server.token(userId, { clanId: 'react', name: userId }) });
  chats.push(chat);
  return chat;
}
function direct(userId: number): DirectChat {
  const chat = new DirectChat({ ...common(), token: server.token(userId) }).connect();
  chats.push(chat);
  return chat;
}
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
const shown = (what: string, holds: () => boolean) =>
  waitFor(
    () => {
      if (!holds()) throw new Error(`not shown: ${what}`);
    },
    { timeout: 30_000 },
  );

it('a room is shown as it is: what comes, what waits, what was before', async () => {
  const bob = room('bob').connect();
  const away = room('away', 1).connect();
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
  const numbers = () => result.current.room.messages.map(({ n }) => n);
  expect(numbers()).toEqual(upTo(70));
  await bob.react('clan', result.current.room.messages[0]!._id, '👋');
  await shown('a reaction to an older one', () => result.current.room.messages[0]!.reactions.length === 1);
  server.proxies[0]!.cut();
  await shown('the cut', () => result.current.connection.state === 'connecting');
  const sent = result.current.room.send('71', { feeling: 'happy' });
  await shown('that it waits', () => result.current.room.pending.length === 1);
  expect(result.current.room.pending.map(({ data }) => data)).toEqual([{ content: '71', feeling: 'happy' }]);
  server.proxies[0]!.mend();
  const id = await sent;
  await shown('what was said', () => result.current.room.messages.at(-1)?._id === id);
  await shown('that nothing waits', () => result.current.room.pending.length === 0);
  await result.current.room.react(id, '👍');
  await shown('the reaction', () => result.current.room.messages.at(-1)?.reactions.length === 1);
  // More come than are kept as the latest: those that were read before them stay where they are.
  const crowd = ['cleo', 'dan', 'eve', 'fay', 'gil'].map((userId) => room(userId).connect());
  await Promise.all(crowd.flatMap((each) => upTo(100).map((n) => each.send('clan', `more ${n}`))));
  await shown('all of them', () => numbers().at(-1) === 571);
  expect([ada.latest('clan').length, numbers()]).toEqual([500, upTo(571)]);
  // After a long time away, what was read before is not shown as if it went on there, and can be read anew.
  server.proxies[0]!.cut();
  await shown('the cut', () => result.current.connection.state === 'connecting');
  for (let i = 0; i < 2; i++) await Promise.all(upTo(40).map((n) => away.send('clan', `away ${n}`)));
  await shown('all to the others', () => away.latest('clan').at(-1)?.n === 651);
  server.proxies[0]!.mend();
  await shown('the latest page', () => numbers().at(-1) === 651);
  expect(numbers()).toEqual(upTo(651).slice(-50));
  await Promise.all([result.current.room.loadOlder(), result.current.room.loadOlder()]);
  await shown('one older page, once', () => numbers().length > 50);
  expect(numbers()).toEqual(upTo(651).slice(-100));
  unmount();
  await bob.send('clan', 'to nobody');
});

it('who is there and who types is shown as it is', async () => {
  const [ada, bob] = [room('p-ada').connect(), room('p-bob', 1)];
  const { result } = renderHook(() => ({ isOnline: usePresence(ada), typing: useTyping(ada, 'clan') }));
  await shown('herself', () => result.current.isOnline('p-ada'));
  expect([result.current.isOnline('p-bob'), result.current.typing[0]]).toEqual([false, []]);
  const his = renderHook(() => useTyping(bob, 'clan'));
  bob.connect();
  await shown('him', () => result.current.isOnline('p-bob'));
  his.result.current[1]();
  await shown('that he types', () => result.current.typing[0].map(({ name }) => name).join() === 'p-bob');
  await bob.send('clan', 'here it is');
  await shown('that he does not any more', () => result.current.typing[0].length === 0);
  server.proxies[0]!.cut();
  await shown('nobody', () => !result.current.isOnline('p-bob'));
  server.proxies[0]!.mend();
  await shown('him again', () => result.current.isOnline('p-bob'));
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
  const others = renderHook(() => useChat(ada, opened));
  await shown('all of it', () => others.result.current.messages.length === 2);
  await shown('what was seen', () => others.result.current.messages[0]!.seen);
  others.result.current.typing();
  await shown('that she types', () => chat.result.current.isTyping);
  await others.result.current.seen();
  await shown('that she has seen it', () => chat.result.current.messages[1]!.seen);
});
