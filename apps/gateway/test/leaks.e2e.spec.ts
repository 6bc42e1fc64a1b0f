import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { OwnServer } from '../../../libs/event-store/test/own-server.js';
import { type ChatClient, refusal } from './chat-client.js';
import { ChatUnderTest, type Gateway, standOn } from './chat-under-test.js';
import { until } from './until.js';
import { GroundOnServers } from './ground-on-servers.js';

let server: OwnServer;
let system: ChatUnderTest;
let gateway: Gateway;

beforeAll(async () => {
  server = await OwnServer.start();
  standOn(() => GroundOnServers.open(undefined, server.url));
  system = await ChatUnderTest.start();
  gateway = await system.startGateway({
    ...{ inMail: { url: 'http://127.0.0.1:9/' }, limits: { connectionsPerUser: 3 }, socketIo: true },
  });
});
afterAll(async () => {
  await system.stop();
  await server.remove();
});

/** Sockets of this process, which the gateway and its clients share; files that it has open, where the system says so. */
const sockets = () => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
const files = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
const held = async () => ({
  ...gateway.hub.held,
  subscriptions: await server.subscriptions('gateway under test'),
  consumers: (await system.log.inspection.consumers()).length,
  sockets: sockets(),
  files: files(),
});

/** Somebody comes by Socket.IO, over either transport, and asks for their chats. */
async function bySocketIo(user: number, transports: ('websocket' | 'polling')[]): Promise<Socket> {
  const query = { userId: String(user), token: system.token(user) };
  const socket = io(`http://127.0.0.1:${gateway.port}`, { query, transports, forceNew: true, reconnection: false });
  const told = new Promise((resolve) => socket.onAny(resolve));
  await until('they are let in', () => socket.connected);
  socket.emit('get_chats', {});
  await told;
  return socket;
}

/** Asks for what is told beside messages, and for all that was said in the room of everybody. */
async function subscribeAndResume(client: ChatClient): Promise<void> {
  client.send('subscribe', { to: ['presence', 'typing', 'changes'] });
  client.send('resume', { rooms: { global: { n: 0, rev: 0 } } });
  await until('they are told', () => client.frames.some(({ event }) => event === 'resumed'));
}

/** Many come by either API, some by both, move from clan to clan, talk, and leave in every way there is. */
async function comeAndGo(): Promise<void> {
  const people = Array.from({ length: 30 }, (_, i) => i + 1);
  const inRooms = await Promise.all(
    people.flatMap((user) => [0, 1].map(() => system.room(gateway, user, { clanId: String(user % 5) }))),
  );
  const direct = await Promise.all(people.map((user) => system.direct(gateway, user)));
  const others = people.map((user) => user + people.length);
  const overSocketIo = await Promise.all(
    others.map((user) => bySocketIo(user, [user % 2 === 0 ? 'websocket' : 'polling'])),
  );
  await Promise.all(inRooms.map(subscribeAndResume));
  const refused = await Promise.allSettled([
    ...people.map((user) => refusal(system.roomUrl(gateway, `no token of ${user}`))),
    ...people.map((user) => refusal(system.directUrl(gateway, user, system.token(user + 1)))),
  ]);
  expect(refused.every(({ status }) => status === 'fulfilled')).toBe(true);
  const tooMany = await Promise.all([0, 1].map(() => system.room(gateway, 1)));
  const hungUp = people.map((user) => new WebSocket(system.roomUrl(gateway, system.token(`hangs up ${user}`))));
  for (const ws of hungUp) {
    ws.on('error', () => undefined);
    ws.terminate();
  }
  await Promise.all(people.map((user) => system.putIntoClan(String(user), user % 2 === 0 ? 'moved' : null)));
  for (const client of inRooms) client.send('globalMessage', { content: 'hello' });
  for (const [i, client] of direct.entries())
    client.send('create_chat', { receiver_id: ((i + 1) % people.length) + 1 });
  await until('they are moved', () =>
    people.every((user) => gateway.hub.person(String(user))?.person.clanId !== String(user % 5)),
  );
  await Promise.all(direct.map((client) => client.next()));
  for (const [i, socket] of overSocketIo.entries()) {
    if (i % 3 === 0) socket.disconnect();
    else socket.io.engine.close();
  }
  for (const [i, client] of [...inRooms, ...direct, ...tooMany].entries()) {
    if (i % 2 === 0) client.ws.close();
    else client.ws.terminate();
  }
}

it('nothing is left of those who came and went: no subscription, no consumer, no socket, no file', async () => {
  await comeAndGo();
  await until('the first have gone', async () => (await held()).sessions === 0 && (await held()).people === 0);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = await held();
  expect(before).toMatchObject({ people: 0, rooms: 0, sessions: 0 });
  await comeAndGo();
  await until('nothing is left', async () => JSON.stringify(await held()) === JSON.stringify(before)).catch(
    () => undefined,
  );
  expect(await held()).toEqual(before);
});
