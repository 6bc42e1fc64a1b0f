import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { EventLog } from '#event-store';
import { signDevelopmentToken } from '#platform';
import { loadConfig } from '#settings';
import { memoryReadModels, openMongodbReadModels } from '#read-models';
import { freePort } from '../../standalone/src/servers/network.js';
import { startNats } from '../../standalone/src/servers/nats-server.js';
import type { RunningServer } from '../../standalone/src/servers/process.js';
import { startSystem, type System } from '../../standalone/src/system.js';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';

const SECRET = 'a secret for tests, 32 bytes long';
const mongodbUrl = process.env['TEST_MONGODB_URL'];
const cacheDir = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');

async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a system whose NATS goes away', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-outage-'));
  const frames: string[] = [];
  let nats: RunningServer;
  let natsPort: number;
  let log: EventLog;
  let system: System;
  const stops: (() => Promise<unknown>)[] = [];
  let client: WebSocket;

  const start = (moreJetStream: string[] = []) =>
    startNats({ cacheDir, dataDir, port: natsPort, durable: false, moreJetStream, log: () => undefined });
  const say = (content: string) => {
    client.send(JSON.stringify({ event: 'globalMessage', data: { content } }));
  };
  const ready = async () => (await fetch(`${system.http}/health/ready`)).status === 200;
  const close = async () => {
    client.terminate();
    for (const stop of stops) await stop();
  };

  beforeAll(async () => {
    natsPort = await freePort();
    nats = await start();
    const config = loadConfig({ JWT_SECRET: SECRET, PORT: '0' }, 'standalone');
    log = await EventLog.connect({ ...config.nats, servers: nats.url, name: 'outage test' });
    stops.push(() => log.close());
    const readModels =
      mongodbUrl === undefined
        ? memoryReadModels()
        : await openMongodbReadModels({ url: mongodbUrl, database: `outage_${randomUUID().slice(0, 8)}` });
    stops.push(() => readModels.close());
    system = await startSystem({ config, log, readModels, logger: false, atEnd: (_, stop) => stops.unshift(stop) });
    await system.caughtUp();
    const token = signDevelopmentToken(SECRET, { userId: '7', name: 'Ada', seconds: 600 });
    client = new WebSocket(`${system.gateways[0]}/ws/chat?token=${token}`);
    client.on('message', (data: Buffer) => frames.push(data.toString()));
    await until('the client is connected', () => client.readyState === WebSocket.OPEN);
  });

  afterAll(async () => {
    await nats.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('refuses what it cannot keep, says so, and goes on by itself when NATS is back', async () => {
    say('before');
    await until('the first message', () => frames.some((frame) => frame.includes('before')));
    await nats.stop();
    const took = stopwatch();
    say('meanwhile');
    await until('the refusal', () => frames.some((frame) => frame.includes('error')));
    expect(took()).toBeLessThan(5_000);
    expect(await ready()).toBe(false);
    expect((await fetch(`${system.http}/health/live`)).status).toBe(200);
    nats = await start();
    await until('it is ready again', ready, 30_000);
    say('after');
    await until('the message after', () => frames.some((frame) => frame.includes('"after"')));
    const messages = frames.filter((frame) => frame.includes('newMessage'));
    expect(messages).toHaveLength(2);
    const token = signDevelopmentToken(SECRET, { userId: '7', seconds: 600 });
    const history = await fetch(`${system.http}/chat/history?type=global`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { data } = (await history.json()) as { data: { ChatMessage: { content: string }[] } };
    expect(data.ChatMessage.map(({ content }) => content)).toEqual(['after', 'before']);
  });

  it('says so where NATS has no room for events, and lets nobody in until it has', async () => {
    const token = signDevelopmentToken(SECRET, { userId: '8', name: 'Bob', seconds: 600 });
    const lettingIn = () =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(`${system.gateways[0]}/ws/chat?token=${token}`);
        socket.on('open', () => {
          socket.terminate();
          resolve(101);
        });
        socket.on('unexpected-response', (_, { statusCode = 0 }) => {
          resolve(statusCode);
        });
        socket.on('error', () => undefined);
      });
    await nats.stop();
    nats = await start(['max_file_store: 1KB']);
    const failing = async () => {
      const answer = await fetch(`${system.http}/health/ready`);
      const { errors = [] } = (await answer.json()) as { errors?: { field: string; message: string }[] };
      return errors.filter(({ message }) => message.includes('raise max_file_store')).map(({ field }) => field);
    };
    // Each asks by itself.
    await until('both say why', async () => (await failing()).length === 2);
    expect((await failing()).sort()).toEqual(['log', 'sockets']);
    expect(await lettingIn()).toBe(503);
    await nats.stop();
    nats = await start();
    await until('it is ready again', ready, 30_000);
    expect(await lettingIn()).toBe(101);
  });

  it('ends while NATS is away', async () => {
    await nats.stop();
    const beganAt = Date.now();
    await close();
    expect(Date.now() - beganAt).toBeLessThan(10_000);
  });
});
