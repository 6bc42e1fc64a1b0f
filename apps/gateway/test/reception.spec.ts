import { createServer } from 'node:http';
import { duplexPair } from 'node:stream';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Health, loadConfig, signDevelopmentToken, Tokens } from '#platform';
import { Closings } from '../src/socket/closings.js';
import { ROOM_CHAT } from '../src/socket/endpoint.js';
import { Reception } from '../src/socket/reception.js';
import { socketServer } from '../src/socket/socket-server.js';
import { ChatClient } from './chat-client.js';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';
import { settings } from './sessions-on-sockets.js';

const SECRET = 'a secret for tests, 32 bytes long';
const { tokens } = loadConfig(
  { JWT_SECRET: SECRET, NATS_URL: 'nats://not-used', MONGODB_URL: 'mongodb://not-used' },
  'gateway',
);

let gateway: HubInMemory;
let reception: Reception;
beforeEach(async () => {
  holdTime();
  gateway = await HubInMemory.begin();
  const { hub, chat } = gateway;
  const parts = [settings, new Health(), new Closings(), chat.nextKey] as const;
  reception = new Reception(hub, chat.log, new Tokens(tokens), ...parts);
});
afterEach(() => {
  gateway.hub.onApplicationShutdown();
  jest.useRealTimers();
});

/** Somebody who asks to be let in. */
function connect(userId: string): Promise<ChatClient> {
  const query = new URLSearchParams({ token: signDevelopmentToken(SECRET, { userId, seconds: 60 }) });
  const server = socketServer(settings.limits.frameBytes);
  const http = createServer();
  http.on('upgrade', (request, socket, head) => {
    void reception.admit({ endpoint: ROOM_CHAT, query, request, socket, head, server });
  });
  const [near, far] = duplexPair();
  http.emit('connection', near);
  return ChatClient.connect('ws://memory/', { createConnection: () => far as never });
}

it('nobody is let in as they were before something of them came that cannot be read', async () => {
  const { hub, chat, connection } = gateway;
  const asked = connection.gates.hold('hindrance');
  const connecting = connect('ada');
  await arrived(asked);
  await settle(100);
  chat.move('ada', '4');
  chat.elsewhere.live.publishToUser('ada', 'compressed');
  await settle(100);
  asked.release();
  await settle(100);
  await connecting;
  expect([hub.person('ada')?.person.clanId, hub.connections().get('ada')]).toEqual(['4', 1]);
});
