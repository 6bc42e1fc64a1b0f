import { createServer } from 'node:http';
import { duplexPair } from 'node:stream';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { ClientOptions } from 'ws';
import type { AskedLog } from '#event-store';
import { type DevelopmentToken, Health, signDevelopmentToken, Tokens } from '#platform';
import { loadConfig } from '#settings';
import { CLOSE } from '#protocol';
import type { GatewaySettings } from '../src/settings.js';
import { Closings } from '../src/socket/closings.js';
import { DIRECT_CHAT, type Endpoint, ROOM_CHAT } from '../src/socket/endpoint.js';
import { Reception } from '../src/socket/reception.js';
import { socketServer } from '../src/socket/session-socket.js';
import { refuseUpgrade } from '../src/socket/upgrade-refusal.js';
import { Traffic } from '../src/traffic.js';
import { ChatClient, refusal } from './chat-client.js';
import { arrived, holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';
import { settings } from './sessions-on-sockets.js';

const SECRET = 'a secret for tests, 32 bytes long';
const { tokens } = loadConfig(
  { JWT_SECRET: SECRET, ENCRYPTION: 'off', NATS_URL: 'nats://not-used', MONGODB_URL: 'mongodb://not-used' },
  'gateway',
);

let gateway: HubInMemory;
let reception: Reception;
let health: Health;
beforeEach(async () => {
  holdTime();
  gateway = await HubInMemory.begin();
  reception = receptionOf(settings);
});
afterEach(() => {
  gateway.hub.onApplicationShutdown();
  jest.useRealTimers();
});

function receptionOf(changed: GatewaySettings, log: Pick<AskedLog, 'hindrance'> = gateway.chat.log): Reception {
  const { hub, chat } = gateway;
  health = new Health();
  return new Reception(
    hub,
    log,
    new Tokens(tokens, chat.log.revocations),
    changed,
    health,
    new Closings(new Traffic()),
    chat.nextKey,
    { spend: () => undefined },
    new Traffic(),
  );
}

const tokenOf = (userId: string, more: Partial<DevelopmentToken> = {}): string =>
  signDevelopmentToken(SECRET, { userId, seconds: 60, ...more });

interface Door {
  readonly endpoint?: Endpoint;
  readonly query?: Readonly<Record<string, string>>;
  /** What a client has sent behind its request, by the time it is let in. */
  readonly early?: Buffer;
}

/** Where somebody asks to be let in. */
function door(userId: string, { endpoint = ROOM_CHAT, query: given = {}, early }: Door = {}) {
  const query = new URLSearchParams({ token: tokenOf(userId), ...given });
  const server = socketServer(settings.limits.frameBytes);
  const http = createServer();
  http.on('upgrade', (request, socket, sent) => {
    const head = early ?? sent;
    reception
      .admit({
        ...{ endpoint, query, request },
        accept: (begin) => {
          server.handleUpgrade(request, socket, head, (ws) => {
            begin(socket, ws);
          });
        },
      })
      .catch((error: unknown) => {
        refuseUpgrade(socket, error);
      });
  });
  const [near, far] = duplexPair();
  http.emit('connection', near);
  return { url: 'ws://memory/', options: { createConnection: () => far as never } };
}

function connect(userId: string, more: ClientOptions = {}, by: Door = {}): Promise<ChatClient> {
  const { url, options } = door(userId, by);
  return ChatClient.connect(url, { ...options, ...more });
}

async function refused(userId: string, more: ClientOptions = {}, by: Door = {}): Promise<string> {
  const { url, options } = door(userId, by);
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

it('nobody is let in where it has become impossible while they were got ready, and they are held no longer', async () => {
  const asked = gateway.connection.gates.hold('hindrance');
  const refusing = refused('ada');
  await arrived(asked);
  reception.close();
  asked.release();
  await settle(100);
  expect(await refusing).toMatch(/^503 .*"this gateway is going away"/);
  expect(gateway.hub.held.people).toBe(0);
});

it('nobody is let in whose token is revoked, before it is looked at or while they are got ready', async () => {
  // Tokens are issued in whole seconds: all of this is in one.
  jest.setSystemTime(1_000 * Math.ceil(Date.now() / 1_000));
  const { revocations } = gateway.chat.log;
  const asked = gateway.connection.gates.hold('hindrance');
  const refusing = refused('7');
  await arrived(asked);
  await revocations.revokePerson('7');
  asked.release();
  await settle(100);
  expect(await refusing).toMatch(/^401 .*"the token was revoked"/);
  const again = refused('7');
  await settle(100);
  expect(await again).toMatch(/^401 .*"the token was revoked"/);
  expect(gateway.hub.held.people).toBe(0);
});

it('nobody is let in, and the gateway is not ready, while it is not known which tokens are revoked', async () => {
  gateway.chat.log.revocations.hindrance = 'it was not read yet';
  const refusing = refused('7');
  await settle(100);
  expect(await refusing).toMatch(/^503 .*"it was not read yet"/);
  const readiness = health.ready();
  await settle(100);
  expect(await readiness).toEqual({ ready: false, failing: [{ check: 'sockets', message: 'it was not read yet' }] });
});

it('nobody is let in while the log stores nothing', async () => {
  reception = receptionOf(settings, { hindrance: () => Promise.resolve('the log is full') });
  const refusing = refused('ada');
  await settle(100);
  expect(await refusing).toMatch(/^503 .*"the log is full"/);
});

it('who may not come in is told why', async () => {
  const direct = { endpoint: DIRECT_CHAT };
  const [service, noNumber, another] = [
    refused('7', {}, { query: { token: tokenOf('7', { scope: 'service' }) } }),
    refused('ada', {}, { ...direct, query: { userId: 'ada' } }),
    refused('7', {}, { ...direct, query: { userId: '8' } }),
  ];
  await settle(100);
  expect(await service).toMatch(/^401 .*"a service token opens no sockets"/);
  expect(await noNumber).toMatch(/^401 .*"the token's user has no number"/);
  expect(await another).toMatch(/^401 .*"userId is not the user of the token"/);
});

it('who asks too often spends nothing of the others at their address', async () => {
  reception = receptionOf({ ...settings, http: { ...settings.http, requestsPerSecond: 0.001, requestsBurst: 1 } });
  const ask = async (token: string) => {
    const refusing = refused('ada', {}, { query: { token } });
    await settle(100);
    return refusing;
  };
  const first = connect('ada');
  await settle(100);
  await first;
  expect(await ask(tokenOf('ada'))).toMatch(/^429 .*"too many connects: try again after a while"/);
  expect(await ask('forged')).toMatch(/^401 /);
  expect(await ask('forged')).toMatch(/^429 /);
});

it('who comes with too many others at the same moment is told to come later, each at another time', async () => {
  reception = receptionOf({ ...settings, limits: { ...settings.limits, connectsPerSecond: 0.1, connectBurst: 3 } });
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    const isOver = work.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([isOver, settle(1).then(() => false)])));
    return work;
  };
  const open = await settled(Promise.all(['1', '2', '3'].map((userId) => connect(userId))));
  const busy = /^503 .*"UNAVAILABLE".*"too many connect at the same time: try again"/;
  expect(await settled(refused('4'))).toMatch(busy);
  const delays = new Set<unknown>();
  for (let i = 0; i < 60; i++) {
    const { url, options } = door(`${i}`);
    delays.add((await settled(refusal(url, options))).headers['retry-after']);
  }
  expect([...delays].toSorted()).toEqual(['1', '2', '3', '4', '5']);
  await settle(10_000);
  // A bad token takes no place of anybody's.
  expect(await settled(refused('5', {}, { query: { token: 'nonsense' } }))).toMatch(/^401 /);
  open.push(await settled(connect('4')));
  expect(await settled(refused('5'))).toMatch(busy);
  expect(open.map(({ end }) => end)).toEqual([null, null, null, null]);
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
  // What it sends breaks the protocol, and is no fault of ours.
  const second = connect('ada', {}, { early: Buffer.from([0xb1, 0x81, 0, 0, 0, 0, 0xff]) });
  await settle(100);
  expect((await (await second).closed).code).toBe(4010);
  expect([(await first).end, gateway.hub.held]).toMatchObject([null, { sessions: 1, people: 1 }]);
  expect(said.mock.calls).toEqual([[ROOM_CHAT, 'ada', CLOSE.tooManyConnections]]);
});
