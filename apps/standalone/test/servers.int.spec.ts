import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startMongodb } from '../src/servers/mongodb-server.js';
import { startNats } from '../src/servers/nats-server.js';
import { answersWith, freePort } from '../src/servers/network.js';
import { identify, isAlive, terminate, type ProcessIdentity } from '../src/servers/process-identity.js';
import type { RunningServer } from '../src/servers/process.js';
import type { ServerRecord } from '../src/servers/server-record.js';

const cacheDir = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
const log = () => undefined;
const children: ChildProcess[] = [];
const servers: ProcessIdentity[] = [];
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'parley-servers-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) await terminate(server);
  rmSync(dataDir, { recursive: true, force: true });
});

function watch<T extends RunningServer>(server: T): T {
  servers.push(identify(server.pid)!);
  return server;
}

async function start(options: { port?: number } = {}): Promise<RunningServer> {
  return watch(await startNats({ cacheDir, dataDir, log, durable: false, ...options }));
}

function idleProcess(): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  return child;
}

async function killed(child: ChildProcess): Promise<ProcessIdentity> {
  const identity = identify(child.pid!)!;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return identity;
}

/** Starts the server in another process, which is then killed, and gives the server's identity. */
async function startAndKillParent(): Promise<ProcessIdentity> {
  const module = pathToFileURL(join(process.cwd(), 'dist/apps/standalone/src/servers/nats-server.js')).href;
  const options = JSON.stringify({ cacheDir, dataDir, durable: false });
  const code = `import { startNats } from '${module}';
    const server = await startNats({ ...${options}, log: () => {} });
    console.log(server.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(parent);
  const [output] = (await once(parent.stdout, 'data')) as [Buffer];
  const server = identify(Number(output.toString()))!;
  servers.push(server);
  await killed(parent);
  return server;
}

function writeRecord(record: ServerRecord): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, 'nats-server.pid'), JSON.stringify(record));
}

const portOf = (server: RunningServer) => Number(new URL(server.url).port);
const answers = (port: number) => answersWith(port, (received) => received.includes('INFO'));

describe('a server', () => {
  test('is started, says where it came from and is gone after stop', async () => {
    const server = await start();
    expect(server.taken).toMatch(/^nats-server \d/);
    expect(await answers(portOf(server))).toBe(true);

    const identity = identify(server.pid)!;
    await server.stop();
    expect(isAlive(identity)).toBe(false);
    expect(await answers(portOf(server))).toBe(false);
    expect(existsSync(join(dataDir, 'nats-server.pid'))).toBe(false);
  });

  test('gets a port that no connection of the machine is given, so that it is free when it is started again', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
    expect(Math.max(...ports)).toBeLessThan(32_768);
    expect(new Set(ports).size).toBeGreaterThan(40);
  });

  test('listens on the port asked for, and says so if that is in use', async () => {
    const port = await freePort();
    const server = await start({ port });
    expect(server.url).toBe(`nats://127.0.0.1:${port}`);
    dataDir = join(dataDir, 'other');
    await expect(start({ port })).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
  });

  const testLinux = process.platform === 'linux' ? test : test.skip;
  testLinux('does not get the Ctrl-C of its parent', async () => {
    const server = await start();
    const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    expect(stat[3]).toBe(String(server.pid)); // its own session
  });
});

describe('a server of a parent that was killed', () => {
  test('is taken over, and stopped by the one that took it', async () => {
    const left = await startAndKillParent();
    expect(isAlive(left)).toBe(true);

    const server = await start();
    expect(identify(server.pid)).toBe(left);
    expect(server.taken).toContain('running since last time');
    await server.stop();
    expect(isAlive(left)).toBe(false);
  });

  test('is ended if it is not on the port asked for', async () => {
    const left = await startAndKillParent();
    const server = await start({ port: await freePort() });
    expect(identify(server.pid)).not.toBe(left);
    expect(isAlive(left)).toBe(false);
  });

  test('is ended if it does not answer', async () => {
    const [stuck, owner] = [idleProcess(), await killed(idleProcess())];
    writeRecord({ server: identify(stuck.pid!)!, port: await freePort(), taken: 'a stuck one', owner });
    await start();
    expect(identify(stuck.pid!)).toBeUndefined();
  });

  test('is not mistaken for a process that has its number by now', async () => {
    const [innocent, owner] = [idleProcess(), await killed(idleProcess())];
    writeRecord({ server: `${innocent.pid!}-1`, port: await freePort(), taken: 'one of long ago', owner });
    await start();
    expect(identify(innocent.pid!)).toBeDefined();
  });
});

test('the data folder of a parent that lives is left alone', async () => {
  const owner = identify(idleProcess().pid!)!;
  writeRecord({ taken: 'a live one', owner });
  await expect(start()).rejects.toThrow(/is in use by process \d+; stop that one first/);
});

test('of two starts at once in one data folder one gets an error', async () => {
  const results = await Promise.allSettled([start(), start()]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

// With a server given from outside, this machine need not have one.
const testMongodb = process.env['TEST_MONGODB_URL'] === undefined ? test.skip : test;
testMongodb('a MongoDB server starts again on the same data after a kill -9', async () => {
  const options = { cacheDir, dataDir, log, ephemeral: true };
  const first = await startMongodb(options);
  if (!first) return;
  process.kill(watch(first).pid, 'SIGKILL');
  const second = await startMongodb(options);
  expect(second?.url).toContain('directConnection=true');
  await watch(second!).stop();
});
