import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { loadConfig } from '#platform';
import { Closings } from '../src/closings.js';
import { DIRECT_CHAT } from '../src/endpoint.js';
import { Gate } from '../src/gate.js';
import { Person } from '../src/person.js';
import { type FrameHandler, Session, type SessionParts } from '../src/session.js';
import { TokenBuckets } from '../src/token-bucket.js';
import { ChatClient } from './chat-client.js';
import { until } from './chat-under-test.js';

const { limits } = loadConfig(
  { JWT_SECRET: 'a secret for tests, 32 bytes long', NATS_URL: 'nats://not-used', MONGODB_URL: 'mongodb://not-used' },
  'gateway',
);

// On sockets of the machine: how a connection ends is what matters here.
const http = createServer();
const sockets = new WebSocketServer({ noServer: true, clientTracking: false });
const clients: ChatClient[] = [];

beforeAll(async () => {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});
afterEach(() => {
  for (const { ws } of clients.splice(0)) ws.terminate();
});
afterAll(() => {
  http.close();
});

async function connect(parts: Partial<SessionParts> = {}): Promise<{ session: Session; client: ChatClient }> {
  const opened = new Promise<Session>((resolve) => {
    http.once('upgrade', (request, socket: Duplex, head) => {
      sockets.handleUpgrade(request, socket, head, (ws) => {
        resolve(
          new Session({
            ...{ endpoint: DIRECT_CHAT, person: new Person('1'), expiresAt: Infinity, socket, ws, limits },
            ...{ frames: new TokenBuckets({ perSecond: 1_000, burst: 1_000 }), gate: new Gate() },
            ...{ closings: new Closings(), ...parts },
          }),
        );
      });
    });
  });
  const client = await ChatClient.connect(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  clients.push(client);
  return { session: await opened, client };
}

/** Serves `work`, which takes until it is released, and counts how often it was begun. */
function serveWork(session: Session) {
  const work = { begun: 0, release: (): void => undefined };
  const handler: FrameHandler = async () => {
    work.begun++;
    await new Promise<void>((resolve) => (work.release = resolve));
    return { event: 'done', data: work.begun };
  };
  session.serve(new Map([['work', handler]]));
  return work;
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a connection that ends', () => {
  it.each<[string, (client: ChatClient, session: Session) => void]>([
    [
      'by a close of the client',
      ({ ws }) => {
        ws.close();
      },
    ],
    [
      'by a client that is just gone',
      ({ ws }) => {
        ws.terminate();
      },
    ],
    [
      'by a frame that breaks the protocol',
      ({ ws }) => {
        ws.send(Buffer.alloc(10), { binary: false, fin: true, mask: false });
      },
    ],
    [
      'by a close of ours',
      (_, session) => {
        session.close({ code: 4009, reason: 'too many messages', reconnect: false });
      },
    ],
    [
      'cut by us',
      (_, session) => {
        session.terminate();
      },
    ],
  ])('%s is over at once, and what waits of it is dropped', async (_, end) => {
    const { session, client } = await connect();
    let over = false;
    session.whenOver(() => (over = true));
    const work = serveWork(session);
    for (let i = 0; i < 100; i++) client.send('work');
    await until('the first is being handled', () => work.begun === 1);
    await turn();
    end(client, session);
    await until('it is over while that one is still being handled', () => over);
    work.release();
    await turn();
    expect(work.begun).toBe(1);
    expect(client.frames).toEqual([]);
  });

  it('is noticed also where so much waits that nothing is read', async () => {
    const { session, client } = await connect();
    let over = false;
    session.whenOver(() => (over = true));
    const work = serveWork(session);
    for (let i = 0; i < 200; i++) client.send('work', 'x'.repeat(10_000));
    await until('the first is being handled', () => work.begun === 1);
    await turn();
    client.ws.terminate();
    await until('it is over', () => {
      session.beat(performance.now());
      return over;
    });
    work.release();
    await turn();
    expect(work.begun).toBe(1);
  });
});
