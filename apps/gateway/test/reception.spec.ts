import { createServer } from 'node:http';
import { duplexPair } from 'node:stream';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { ClientOptions } from 'ws';
import { Health, loadConfig, signDevelopmentToken, Tokens } from '#platform';
import { CLOSE } from '#protocol';
import type { GatewaySettings } from '../src/settings.js';
import { Closings } from '../src/socket/closings.js';
import { ROOM_CHAT } from '../src/socket/endpoint.js';
import { Reception } from '../src/socket/reception.js';
import { socketServer } from '../src/socket/socket-server.js';
import { refuseUpgrade } from '../src/socket/upgrade-refusal.js';
import { ChatClient, refusal } from './chat-client.js';
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
  reception = receptionOf(settings);
});
afterEach(() => {
  gateway.hub.onApplicationShutdown();
  jest.useRealTimers();
});

function receptionOf(changed: GatewaySettings): Reception {
  const { hub, chat } = gateway;
  return new Reception(hub, chat.log, new Tokens(tokens), changed, new Health(), new Closings(), chat.nextKey);
}

/** Where somebody asks to be let in. */
function door(userId: string): { url: string; options: ClientOptions } {
  const query = new URLSearchParams({ token: signDevelopmentToken(SECRET, { userId, seconds: 60 }) });
  const server = socketServer(settings.limits.frameBytes);
  const http = createServer();
  http.on('upgrade', (request, socket, head) => {
    reception.admit({ endpoint: ROOM_CHAT, query, request, socket, head, server }).catch((error: unknown) => {
      refuseUpgrade(socket, error);
    });
  });
  const [near, far] = duplexPair();
  http.emit('connection', near);
  return { url: 'ws://memory/', options: { createConnection: () => far as never } };
}

function connect(userId: string, more: ClientOptions = {}): Promise<ChatClient> {
  const { url, options } = door(userId);
  return ChatClient.connect(url, { ...options, ...more });
}

async function refused(userId: string, more: ClientOptions = {}): Promise<string> {
  const { url, options } = door(userId);
  const { status, body } = await refusal(url, { ...options, ...more });
  return `${status} ${body}`;
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

it('nobody is let in by a gateway that goes: they are told at once, and are not counted', async () => {
  const few = { ...settings, http: { ...settings.http, requestsPerSecond: 0.001, requestsBurst: 1 } };
  reception = receptionOf(few);
  reception.close();
  gateway.connection.gates.hold('hindrance');
  for (let i = 0; i < 2; i++) {
    const refusing = refused('ada');
    await settle(100);
    expect(await refusing).toMatch(/^503 .*"UNAVAILABLE".*"this gateway is going away"/);
  }
  expect(gateway.hub.held.people).toBe(0);
});

it('who is not ready in five seconds is refused, and held no longer', async () => {
  const { hub, connection } = gateway;
  const asked = connection.gates.hold('hindrance');
  const refusing = refused('ada');
  await arrived(asked);
  await settle(4_900);
  expect(hub.held.people).toBe(1);
  await settle(200);
  expect(await refusing).toMatch(/^503 .*"UNAVAILABLE".*"it took too long"/);
  expect(hub.held.people).toBe(0);
  asked.release();
});

it('a page of another origin is refused where there is a list of them, and who has no origin is not', async () => {
  reception = receptionOf({ ...settings, http: { ...settings.http, allowedOrigins: ['https://game.example'] } });
  const [, , refusing] = [
    connect('ada', { origin: 'https://game.example' }),
    connect('ada'),
    refused('ada', { origin: 'https://other.example' }),
  ];
  await settle(100);
  expect(await refusing).toMatch(/^403 .*"this origin may not open sockets"/);
  expect(gateway.hub.connections().get('ada')).toBe(2);
  reception = receptionOf(settings);
  await Promise.all([connect('bob', { origin: 'https://other.example' }), settle(100)]);
});

it('the newest connection of a person who has too many is told so, and is none of theirs', async () => {
  const said = jest.spyOn(Closings.prototype, 'tell');
  reception = receptionOf({ ...settings, limits: { ...settings.limits, connectionsPerUser: 1 } });
  const first = connect('ada');
  await settle(100);
  const second = connect('ada');
  await settle(100);
  expect((await (await second).closed).code).toBe(4010);
  expect([(await first).end, gateway.hub.held]).toMatchObject([null, { sessions: 1, people: 1 }]);
  expect(said.mock.calls).toEqual([[ROOM_CHAT, 'ada', CLOSE.tooManyConnections]]);
});
