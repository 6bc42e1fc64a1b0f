import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { until } from '../../../apps/gateway/test/until.js';
import { ChatServer } from '../../../apps/workbench/test/chat-server.js';
import { DirectChat } from '../src/index.js';

let server: ChatServer;
const chats: DirectChat[] = [];

beforeAll(async () => {
  server = await ChatServer.start();
});
afterEach(() => {
  for (const proxy of server.proxies) proxy.mend();
  for (const chat of chats.splice(0)) chat.disconnect();
});
afterAll(() => server.stop(), 60_000);

async function person(userId: number, gateway: number): Promise<{ chat: DirectChat; heard: string[] }> {
  const backoff = { minMs: 50, maxMs: 500 };
  const urls = { url: server.url(gateway), httpUrl: server.http };
  const chat = new DirectChat({ ...urls, token: server.token(userId), backoff, WebSocket });
  const heard: string[] = [];
  chats.push(chat);
  let isListed = false;
  chat.on('message', ({ message }) => heard.push(message));
  chat.on('chats', () => (isListed = true));
  chat.connect();
  await until('the chats are known', () => isListed);
  return { chat, heard };
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1}`);

it('each message of each chat is told once and in order, also of a chat that was opened meanwhile', async () => {
  const [ada, bob, eve] = [await person(1, 0), await person(2, 1), await person(3, 0)];
  const opened = await ada.chat.open(2);
  await ada.chat.send(opened, '1');
  await until('it is told', () => bob.heard.length === 1);
  server.proxies[1]!.cut();
  await until('it is noticed', () => bob.chat.state.state === 'connecting');
  for (const message of numbers(30).slice(1)) await ada.chat.send(opened, message);
  const other = await eve.chat.open(2);
  await eve.chat.send(other, 'hello');
  await eve.chat.send(other, 'are you there?');
  server.proxies[1]!.mend();
  await until('all is told', () => bob.heard.length >= 32);
  expect(bob.heard.filter((message) => /^\d+$/.test(message))).toEqual(numbers(30));
  expect(bob.heard.filter((message) => !/^\d+$/.test(message))).toEqual(['hello', 'are you there?']);
  const unread = () => new Map(bob.chat.chats.map(({ receiver_id, unread_count }) => [receiver_id, unread_count]));
  await until('what is unread is counted', () => unread().get(1) === 30 && unread().get(3) === 2);
  expect(bob.chat.chats.map(({ receiver_id }) => receiver_id)).toEqual([3, 1]);
  await bob.chat.seen(opened.id);
  expect(unread().get(1)).toBe(0);
  const all: string[] = [];
  for await (const { message } of bob.chat.history(opened.id)) all.push(message);
  expect(all).toEqual(numbers(30).reverse());
});

it('who is online, types, and has seen what, is told where it is asked for', async () => {
  const [ada, bob] = [await person(21, 0), await person(22, 1)];
  const told: unknown[] = [];
  ada.chat.on('seen', ({ n }) => told.push(`seen ${n}`));
  ada.chat.on('typing', ({ isTyping }) => told.push(isTyping ? 'typing' : 'not typing'));
  let isOnline = false;
  ada.chat.on('presence', (online) => {
    if (online.has(22) === isOnline) return;
    isOnline = !isOnline;
    told.push(isOnline ? 'online' : 'offline');
  });
  // Beside her, so that it is known when what she has not asked for has come to her gateway.
  const beside = await person(21, 0);
  const toldBeside = new Set<string>();
  for (const what of ['seen', 'typing'] as const) beside.chat.on(what, () => toldBeside.add(what));
  beside.chat.subscribe('typing', 'seen');
  const opened = await ada.chat.open(22);
  await ada.chat.send(opened, '1');
  await until('it is told', () => bob.heard.length === 1);
  ada.chat.show(opened.id);
  await until('it is shown', () => ada.chat.latest(opened.id).length === 1);
  bob.chat.typing(opened.id);
  await bob.chat.seen(opened.id);
  await until('it is told beside her', () => toldBeside.size === 2);
  expect(told).toEqual([]);
  ada.chat.subscribe('presence', 'typing', 'seen');
  await until('it is told who is there', () => ada.chat.online.has(22));
  await ada.chat.send(opened, '2');
  await until('it is told', () => bob.heard.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  for (let i = 0; i < 5; i++) bob.chat.typing(opened.id);
  await until('he types', () => ada.chat.isTyping(opened.id));
  await bob.chat.seen(opened.id);
  await until('he has seen it', () => ada.chat.latest(opened.id).every(({ seen }) => seen));
  await bob.chat.send({ ...opened, receiver_id: 21 }, 'yes');
  await until('he types no more', () => !ada.chat.isTyping(opened.id));
  server.proxies[0]!.cut();
  await until('nobody is there', () => ada.chat.online.size === 0);
  server.proxies[0]!.mend();
  await until('he is there again', () => ada.chat.online.has(22));
  expect(told).toEqual(['online', 'typing', 'seen 2', 'not typing', 'offline', 'online']);
});

it('a chat is not told of what was before, and shows it where it is looked at', async () => {
  const ada = await person(11, 0);
  const opened = await ada.chat.open(12);
  for (const message of numbers(60)) await ada.chat.send(opened, message);
  await until('it is told', () => ada.heard.length === 60);
  const bob = await person(12, 1);
  bob.chat.show(opened.id);
  await until('it is shown', () => bob.chat.latest(opened.id).length > 0);
  expect(bob.chat.latest(opened.id).map(({ message }) => message)).toEqual(numbers(60).slice(-50));
  await ada.chat.send(opened, '61');
  await until('the next is told', () => bob.heard.length > 0);
  expect([bob.heard, bob.chat.latest(opened.id).at(-1)?.message]).toEqual([['61'], '61']);
});

it('a message is a reply to another one, and they are a thread', async () => {
  const [ada, bob] = [await person(41, 0), await person(42, 1)];
  const opened = await ada.chat.open(42);
  const root = await ada.chat.send(opened, 'tomorrow?');
  await ada.chat.send(opened, 'hello?');
  await until('they are told', () => bob.heard.length === 2);
  bob.chat.show(opened.id);
  const reply = await bob.chat.send({ ...opened, receiver_id: 41 }, 'at ten', { replyTo: root });
  await until('it is shown', () => bob.chat.latest(opened.id).length === 3);
  expect(bob.chat.latest(opened.id).map(({ reply_to }) => reply_to)).toEqual([undefined, undefined, root]);
  const thread = [];
  for await (const message of ada.chat.thread(opened.id, reply)) thread.push(message);
  expect(thread).toMatchObject([
    { id: root, message: 'tomorrow?' },
    { id: reply, message: 'at ten', reply_to: root },
  ]);
});

it('a message is edited and deleted, in the chat and in the list of chats', async () => {
  const [ada, bob] = [await person(31, 0), await person(32, 1)];
  const opened = await ada.chat.open(32);
  const ids = [await ada.chat.send(opened, 'one'), await ada.chat.send(opened, 'two')];
  await until('they are told', () => bob.heard.length === 2);
  bob.chat.show(opened.id);
  await until('they are shown', () => bob.chat.latest(opened.id).length === 2);
  await bob.chat.seen(opened.id);
  await ada.chat.edit(opened.id, ids[0]!, 'first');
  await ada.chat.delete(opened.id, ids[1]!);
  await until('it is shown', () => bob.chat.latest(opened.id)[1]?.deleted === true);
  expect(bob.chat.latest(opened.id).map(({ message }) => message)).toEqual(['first', '']);
  expect(bob.chat.chats[0]!.last_message).toMatchObject({ message: '', deleted: true });
  const again = await person(32, 0);
  expect(again.chat.chats[0]!.last_message).toMatchObject({ message: '', deleted: true });
  const all = [];
  for await (const message of again.chat.history(opened.id)) all.push(message);
  expect(all).toMatchObject([
    { message: '', deleted: true, seen: true },
    { message: 'first', edited_at: expect.any(String), seen: true },
  ]);
  await expect(bob.chat.delete(opened.id, ids[0]!)).rejects.toMatchObject({ code: 'not_yours' });
});

it('somebody who is blocked is not heard, their places stay, and they are heard again once that is taken back', async () => {
  const [ada, bob] = [await person(51, 0), await person(52, 1)];
  const opened = await ada.chat.open(52);
  await ada.chat.send(opened, 'before');
  await until('it is told', () => bob.heard.length === 1);
  bob.chat.show(opened.id);
  await until('it is shown', () => bob.chat.latest(opened.id).length === 1);
  await bob.chat.block(opened.id);
  const before = bob.chat.chats[0]!;
  expect(before).toMatchObject({ blocked: true, unread_count: 1, last_message: { message: 'before' } });
  let resets = 0;
  bob.chat.on('reset', () => resets++);
  const changes: number[] = [];
  bob.chat.on('change', ({ n }) => changes.push(n));
  const hidden = await ada.chat.send(opened, 'hidden');
  await until('its place is there', () => bob.chat.latest(opened.id).length === 2);
  await ada.chat.edit(opened.id, hidden, 'hidden too');
  await until('it is told', () => changes.length === 2);
  expect([bob.chat.chats[0], changes]).toEqual([before, [2, 2]]);
  server.proxies[1]!.cut();
  await until('it is noticed', () => bob.chat.state.state === 'connecting');
  await ada.chat.send(opened, 'hidden while away');
  server.proxies[1]!.mend();
  await until('its place is there', () => bob.chat.latest(opened.id).length === 3);
  await bob.chat.unblock(opened.id);
  expect(bob.chat.chats[0]).toEqual((({ blocked: _, ...rest }) => rest)(before));
  await ada.chat.send(opened, 'after');
  await until('it is told', () => bob.heard.length === 2);
  expect(bob.heard).toEqual(['before', 'after']);
  expect(bob.chat.latest(opened.id).map(({ n, message, deleted = false }) => [n, message, deleted])).toEqual([
    [1, 'before', false],
    [2, '', true],
    [3, '', true],
    [4, 'after', false],
  ]);
  await until('it is counted', () => bob.chat.chats[0]!.unread_count === 2);
  // The last of her own comes back to her by another gateway than to him.
  await until('it is told to her too', () => ada.heard.length === 4);
  expect([ada.heard, resets]).toEqual([['before', 'hidden', 'hidden while away', 'after'], 0]);
  await expect(bob.chat.block(999_999_999)).rejects.toMatchObject({ code: 'not_found' });
});
