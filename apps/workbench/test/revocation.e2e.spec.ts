import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventLog } from '#event-store';
import { createHttpApp } from '#http';
import { Health, Tokens } from '#platform';
import { loadConfig } from '#settings';
import { ChatClient, refusal } from '../../gateway/test/chat-client.js';
import { ChatUnderTest, type Gateway } from '../../gateway/test/chat-under-test.js';
import { until } from '../../gateway/test/until.js';
import { QueryModule } from '../../query/src/query.module.js';
import { CuttableProxy } from '../../../libs/event-store/test/cuttable-proxy.js';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';

const SECRET = 'a secret for tests, 32 bytes long';

/** What connections end with that are revoked, and how soon. */
const REVOKED = { code: 4002, reason: 'token revoked' };
const WITHIN_MS = 2_000;

const settings = loadConfig({ JWT_SECRET: SECRET }, 'standalone');
let system: ChatUnderTest;
let proxy: CuttableProxy;
let gateways: [Gateway, Gateway];
let log: EventLog;
let query: INestApplication;

beforeAll(async () => {
  proxy = await CuttableProxy.start(process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222');
  system = await ChatUnderTest.start();
  gateways = await Promise.all([
    system.startGateway({ socketIo: true }),
    system.startGateway({ servers: proxy.url, socketIo: true }),
  ]);
  ({ log } = system);
  const tokens = new Tokens(settings.tokens, log.revocations.follow());
  const { readModels } = system;
  const module = QueryModule.of({ log, readModels, tokens, health: new Health(), limits: settings.limits });
  query = await createHttpApp(module, settings.http, false, tokens);
  await query.listen(0, '127.0.0.1');
});
afterAll(async () => {
  proxy.mend();
  await query.close();
  await system.stop();
  await proxy.stop();
});

const now = (): number => Math.floor(Date.now() / 1_000);
/** Issued a while ago where it does not say. */
const token = (userId: number, claims: object = {}): string =>
  jwt.sign({ user_id: userId, iat: now() - 60, exp: now() + 600, ...claims }, SECRET);
const service = (claims: object = {}): string => token(0, { scope: 'service', ...claims });

const ask = async (method: string, path: string, bearer = service()) =>
  fetch((await query.getUrl()) + path, { method, headers: { authorization: `Bearer ${bearer}` } });
const revoke = async (method: string, path: string): Promise<() => number> => {
  const { status } = await ask(method, path);
  expect(status).toBe(204);
  return stopwatch();
};

const room = (gateway: Gateway, bearer: string) => ChatClient.connect(system.roomUrl(gateway, bearer));
const direct = (gateway: Gateway, userId: number, bearer: string) =>
  ChatClient.connect(system.directUrl(gateway, userId, bearer));
/** On both gateways, by both APIs. */
const everywhere = (userId: number, bearer: string) =>
  Promise.all(gateways.flatMap((gateway) => [room(gateway, bearer), direct(gateway, userId, bearer)]));
const allEnd = async (clients: readonly ChatClient[], took: () => number): Promise<void> => {
  expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(clients.map(() => REVOKED));
  expect(took()).toBeLessThan(WITHIN_MS);
};
const isRefused = async (bearer: string, userId: number): Promise<void> => {
  for (const gateway of gateways) {
    for (const url of [system.roomUrl(gateway, bearer), system.directUrl(gateway, userId, bearer)]) {
      const { status, body } = await refusal(url);
      expect([status, body]).toEqual([401, expect.stringContaining('the token was revoked')]);
    }
  }
  const answer = await ask('GET', '/chats', bearer);
  expect([answer.status, await answer.json()]).toMatchObject([401, { errors: [{ reason: 'NOT_AUTHENTICATED' }] }]);
};

describe('the tokens of a person that are revoked', () => {
  it('end every connection, everywhere, are refused from then on, and later ones are good', async () => {
    const bearers = [token(1), token(1, { jti: 'a' })];
    const other = await everywhere(2, token(2));
    const clients = (await Promise.all(bearers.map((bearer) => everywhere(1, bearer)))).flat();
    await allEnd(clients, await revoke('POST', '/players/1/revoke'));
    for (const bearer of bearers) await isRefused(bearer, 1);
    expect(other.map(({ end }) => end)).toEqual([null, null, null, null]);
    await isRefused(jwt.sign({ user_id: 1, exp: now() + 600 }, SECRET, { noTimestamp: true }), 1);
    const later = token(1, { iat: now() + 1 });
    const again = await everywhere(1, later);
    expect((await ask('GET', '/chats', later)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(again.map(({ end }) => end)).toEqual([null, null, null, null]);
    for (const client of [...other, ...again]) await client.close();
  });

  it('are refused by a gateway that was started again', async () => {
    const bearer = token(3);
    await revoke('POST', '/players/3/revoke');
    const again = await system.startGateway();
    expect((await refusal(system.roomUrl(again, bearer))).status).toBe(401);
    await again.app.close();
  });

  it('end also where a gateway was cut off meanwhile, within 2 s of its being back', async () => {
    const bearer = token(4);
    const clients = await everywhere(4, bearer);
    const [here, there] = [clients.slice(0, 2), clients.slice(2)];
    proxy.cut();
    await until('it is lost', () => gateways[1].hub.barrier.state === 'shut');
    await allEnd(here, await revoke('POST', '/players/4/revoke'));
    expect(there.map(({ end }) => end)).toEqual([null, null]);
    expect((await refusal(system.roomUrl(gateways[1], bearer))).status).toBe(503);
    proxy.mend();
    // Nobody is let in before it is known: 503 until then, and never a connection.
    let status = 503;
    while (status === 503) ({ status } = await refusal(system.roomUrl(gateways[1], bearer)));
    expect(status).toBe(401);
    await allEnd(there, stopwatch());
  });

  it('may be revoked as often as one likes, and of people that nobody knows', async () => {
    for (let i = 0; i < 3; i++) await revoke('POST', `/players/${encodeURIComponent('nobody / ä')}/revoke`);
  });

  it('end a client of Socket.IO, which does not come back by itself', async () => {
    const bearer = token(5);
    const connect = () =>
      io(`http://127.0.0.1:${gateways[1].port}`, {
        ...{ query: { userId: 5, token: bearer }, transports: ['websocket'], forceNew: true },
      });
    const socket = connect();
    const told: unknown[] = [];
    socket.on('closing', (closing) => told.push(closing));
    socket.on('disconnect', (reason) => told.push(reason));
    await until('it is let in', () => socket.connected);
    await revoke('POST', '/players/5/revoke');
    await until('it is ended', () => told.length === 2);
    expect([told, socket.active]).toEqual([[REVOKED, 'io server disconnect'], false]);
    const refused = connect();
    const error = await new Promise<{ data?: { statusCode: number } }>((resolve) =>
      refused.on('connect_error', resolve),
    );
    expect(error.data?.statusCode).toBe(401);
    refused.disconnect();
  });
});

describe('a token that is revoked by its own id', () => {
  it('ends its connections and no others, for as long as it would be good', async () => {
    const [one, two] = [token(6, { jti: 'x/1' }), token(6, { jti: 'x2' })];
    const [ended, open] = await Promise.all([everywhere(6, one), everywhere(6, two)]);
    await allEnd(ended, await revoke('DELETE', `/tokens/${encodeURIComponent('x/1')}?exp=${now() + 600}`));
    await isRefused(one, 6);
    await revoke('DELETE', `/tokens/${encodeURIComponent('x/1')}`);
    expect(open.map(({ end }) => end)).toEqual([null, null, null, null]);
    expect((await ask('GET', '/chats', two)).status).toBe(200);
    for (const client of open) await client.close();
  });

  it("may be the application's, which is no person", async () => {
    await revoke('POST', '/players/0/revoke');
    const lost = service({ jti: 'lost' });
    expect((await ask('GET', '/players/6', lost)).status).toBe(404);
    await revoke('DELETE', '/tokens/lost');
    expect((await ask('GET', '/players/6', lost)).status).toBe(401);
  });
});

describe('a connection', () => {
  it('that is just let in when its token is revoked ends all the same, or does not come about', async () => {
    for (let i = 0; i < 20; i++) {
      const bearer = token(100 + i);
      const revoked = ask('POST', `/players/${100 + i}/revoke`);
      const client = await room(gateways[i % 2]!, bearer).catch(() => null);
      expect((await revoked).status).toBe(204);
      if (client) await allEnd([client], stopwatch());
      else expect((await refusal(system.roomUrl(gateways[i % 2]!, bearer))).status).toBe(401);
    }
  });
});

describe('who may revoke', () => {
  it('is the application alone', async () => {
    for (const [method, path] of [
      ['POST', '/players/1/revoke'],
      ['DELETE', '/tokens/a'],
    ] as const) {
      expect((await ask(method, path, token(7))).status).toBe(403);
      expect((await ask(method, path, 'nonsense')).status).toBe(401);
    }
  });

  it.each([
    ['POST', `/players/${'x'.repeat(65)}/revoke`, 'id'],
    ['DELETE', `/tokens/${'x'.repeat(129)}`, 'jti'],
    ['DELETE', '/tokens/a?exp=soon', 'exp'],
    ['DELETE', '/tokens/a?exp=1.5', 'exp'],
    ['DELETE', '/tokens/a?exp=9000000000000', 'exp'],
  ])('is told what is wrong: %s %s', async (method, path, field) => {
    const answer = await ask(method, path);
    expect([answer.status, await answer.json()]).toMatchObject([400, { errors: [{ reason: 'VALIDATION', field }] }]);
  });

  it('has nothing to do for a token that has ended long ago', async () => {
    await revoke('DELETE', `/tokens/long-ago?exp=${now() - 3_600}`);
    expect((await ask('GET', '/chats', token(8, { jti: 'long-ago' }))).status).toBe(200);
  });
});
