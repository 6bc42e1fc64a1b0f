import { afterAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { signDevelopmentToken } from '#platform';
import { endServer } from '../src/servers/process.js';
import { identify } from '../src/servers/process-identity.js';

// `npm start`, as a process of its own. What it runs was built before the tests.

const main = 'dist/apps/standalone/src/main.js';
/** A PATH and a network without a MongoDB. */
const noMongodb = { PATH: '', MONGOMS_DOWNLOAD_MIRROR: 'http://127.0.0.1:9' };
const demo = 'dist/apps/workbench/src/demo/main.js';
const dataFolder = mkdtempSync(join(tmpdir(), 'parley-start-'));
const children: ChildProcess[] = [];

interface Started {
  readonly child: ChildProcess;
  readonly address: string;
  readonly tokens: readonly string[];
  readonly output: () => string;
}

async function start(env: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, NATS_URL: '', MONGODB_URL: '', PORT: '0', PARLEY_DATA: dataFolder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()));
  const deadline = Date.now() + 60_000;
  while (!text.includes('npm run --silent chat')) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`it did not start:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const address = /rooms +(ws:\S+)\/ws\/chat/.exec(text)![1]!;
  return { child, address, tokens: text.match(/^eyJ\S+$/gm) ?? [], output: () => text };
}

/** The servers beside it, as their pid files name them. */
const servers = (): number[] =>
  ['nats/nats-server.pid', 'mongodb/mongodb.pid']
    .map((file) => join(dataFolder, file))
    .filter((file) => existsSync(file))
    .map((file) => Number.parseInt((JSON.parse(readFileSync(file, 'utf8')) as { server: string }).server, 10));

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await ended)[0];
}

/** What was said in a room, as it stands in the history. */
async function history(address: string, token: string, type: 'global' | 'clan'): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`${address.replace(/^ws/, 'http')}/chat/history?type=${type}`, { headers })).text();
}

async function say(address: string, token: string, content: string): Promise<string> {
  const socket = new WebSocket(`${address}/ws/chat?token=${token}`);
  await once(socket, 'open');
  socket.send(JSON.stringify({ event: 'clanMessage', data: { content } }));
  const [frame] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  return frame.toString();
}

describe('npm start', () => {
  afterAll(async () => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) await end(child, 'SIGKILL');
    await endServer(join(dataFolder, 'nats'), 'nats-server');
    await endServer(join(dataFolder, 'mongodb'), 'mongodb');
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('says what it took and how to chat, and its tokens let people in', async () => {
    const { child, address, tokens, output } = await start();
    expect(output()).toContain('made for development');
    expect(output()).toMatch(/^NATS: nats-server \d/m);
    expect(output()).toMatch(/^MongoDB: /m);
    expect(tokens).toHaveLength(2);
    expect(await say(address, tokens[0]!, 'first')).toContain('"content":"first"');
    // The demo plays beside it, and leaves nothing behind.
    const env = { ...process.env, NATS_URL: '', MONGODB_URL: '', PARLEY_DATA: dataFolder, ...noMongodb };
    const { stdout } = await promisify(execFile)(process.execPath, [demo], { env, timeout: 60_000 });
    expect(stdout).toMatch(/all equal\.\n$/);
    expect(await history(address, tokens[0]!, 'global')).toContain('"ChatMessage":[]');
    expect(existsSync(join(dataFolder, 'demo'))).toBe(false);
    const running = servers();
    expect(running.length).toBeGreaterThan(0);
    const beganAt = Date.now();
    expect(await end(child, 'SIGINT')).toBe(0);
    expect(Date.now() - beganAt).toBeLessThan(5_000);
    expect(running.filter((pid) => identify(pid) !== undefined)).toEqual([]);
  }, 90_000);

  it('keeps what was said, and takes over what a kill -9 left running', async () => {
    const first = await start();
    const left = servers();
    await end(first.child, 'SIGKILL');
    expect(left.every((pid) => identify(pid) !== undefined)).toBe(true);
    const { child, address, tokens, output } = await start({ GATEWAYS: '2' });
    expect(output()).toContain('running since last time');
    expect(servers()).toEqual(left);
    await say(address, tokens[1]!, 'second');
    const said = await history(address, tokens[1]!, 'clan');
    expect(said.indexOf('"second"')).toBeLessThan(said.indexOf('"first"'));
    expect(said).toContain('"first"');
    expect(await end(child, 'SIGTERM')).toBe(0);
    expect(left.filter((pid) => identify(pid) !== undefined)).toEqual([]);
  }, 90_000);

  it('keeps the read models in memory where no MongoDB can be had, built from the log at the start', async () => {
    // A cache without one either.
    const cache = mkdtempSync(join(tmpdir(), 'parley-cache-'));
    const nats = process.env['TEST_NATS_URL'] ?? '';
    const prefix = `start-${process.pid}`;
    const env = {
      NATS_URL: nats,
      EVENT_STREAM: prefix,
      SUBJECT_PREFIX: prefix,
      PARLEY_CACHE: cache,
      ...noMongodb,
    };
    const first = await start(env);
    expect(first.output()).toContain('kept in memory');
    await say(first.address, first.tokens[0]!, 'before');
    expect(await end(first.child, 'SIGINT')).toBe(0);
    const secret = 'a secret for tests, 32 bytes long';
    const second = await start({ ...env, JWT_SECRET: secret });
    // Whoever has the secret gives out the tokens.
    expect(second.output()).not.toContain('eyJ');
    const token = signDevelopmentToken(secret, { userId: '7', clanId: '3', seconds: 60 });
    expect(await history(second.address, token, 'clan')).toContain('"before"');
    expect(await end(second.child, 'SIGINT')).toBe(0);
    rmSync(cache, { recursive: true, force: true });
  }, 120_000);

  it('says what is wrong, and ends, where it cannot start', async () => {
    const child = spawn(process.execPath, [main], {
      env: { ...process.env, PARLEY_DATA: dataFolder, NATS_URL: 'nats://127.0.0.1:9', PORT: 'http', GATEWAYS: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.on('data', (data: Buffer) => (text += data.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(text).toContain('PORT cannot be used');
    expect(text).toContain('GATEWAYS cannot be used');
    expect(text).not.toContain('    at ');
  });
});
