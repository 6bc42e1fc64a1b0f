import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GLOBAL_ROOM, partitionOf } from '#domain';
import { sayRunning, sayStopped } from '#settings';
import { timeline, Runner } from '#projections';
import { memoryReadModels } from '#read-models';
import type { StatusReport } from '#operations';
import { allFolded } from '../../../libs/projections/test/all-folded.js';
import { MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

// As a process of its own. What it runs was built before the tests.

const program = 'apps/chatctl/chatctl.mjs';
const dataFolder = mkdtempSync(join(tmpdir(), 'parley-chatctl-'));

const execute = (env: NodeJS.ProcessEnv, ...words: string[]) =>
  new Promise<{ status: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env: { PARLEY_DATA: dataFolder, ...env } });
    let [out, err] = ['', ''];
    child.stdout!.on('data', (text: string) => (out += text));
    child.stderr!.on('data', (text: string) => (err += text));
    child.on('close', (code) => {
      resolve({ status: code ?? -1, out, err });
    });
  });

describe('chatctl and its servers', () => {
  afterAll(() => {
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('says what is missing where none are known', async () => {
    const { status, out, err } = await execute({}, 'status');
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('no NATS_URL is given, and no standalone runs on');
    expect(err).not.toContain('    at ');
  });

  it('says which server does not answer', async () => {
    const { status, err } = await execute({ NATS_URL: 'nats://127.0.0.1:9' }, 'dead-letters', 'list');
    expect(status).toBe(2);
    expect(err).toContain('NATS at nats://127.0.0.1:9');
    expect(err).not.toContain('    at ');
  });

  it('ends where a server takes connections and says nothing', async () => {
    const taken: Socket[] = [];
    const silent = createServer((socket) => taken.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { status, err } = await execute({ NATS_URL: `nats://127.0.0.1:${port}` }, 'dead-letters', 'list');
    expect(status).toBe(2);
    expect(err).toContain(`NATS at nats://127.0.0.1:${port}`);
    expect(taken.length).toBeGreaterThan(0);
    for (const socket of taken) socket.destroy();
    silent.close();
  });

  it('knows what it is not asked for', async () => {
    const { status, err } = await execute({}, 'verify', '--projection', 'horoscope');
    expect(status).toBe(2);
    expect(err).toContain('there is no projection horoscope: timeline, directory');
    expect((await execute({}, 'sing')).err).toContain('there is no command sing');
    expect((await execute({}, 'help')).status).toBe(0);
  });

  (MONGODB_URL === undefined ? describe.skip : describe)('beside a standalone', () => {
    let system: SystemUnderTest;

    beforeAll(async () => {
      system = await SystemUnderTest.create();
      system.startBoth();
      await system.append(posted(GLOBAL_ROOM, 'hello'));
      await system.folded();
    });

    afterAll(async () => {
      sayStopped(dataFolder);
      await system.close();
    });

    const running = (mongodb: string | null) => {
      const { NATS_URL: servers = '', EVENT_STREAM: stream = '', SUBJECT_PREFIX: prefix = '' } = system.env;
      const keysFile = join(dataFolder, 'keys-master');
      writeFileSync(keysFile, system.env['KEYS_MASTER'] ?? '');
      const nats = { servers, stream, prefix, keysFile };
      sayRunning(dataFolder, { pid: process.pid, gateways: [], http: '', nats, mongodb });
      return { MONGODB_DATABASE: system.env['MONGODB_DATABASE'] };
    };

    it('finds the servers of the standalone that runs on the data folder', async () => {
      const { status, out } = await execute(running(MONGODB_URL ?? ''), 'verify');
      expect(out).toContain('timeline-1: 2 documents, all equal to the fold of 1 events');
      expect(status).toBe(0);
    });

    it('shows by its consumers what folds into memory, and cannot verify that', async () => {
      const env = running(null);
      const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
      const readModels = memoryReadModels();
      const worker = new Runner({
        projection: timeline,
        log: system.log,
        readModels,
        owner: 'host-1',
        logger,
      });
      void worker.start();
      await until('it has folded all', allFolded([worker], system.log, readModels));
      const report = JSON.parse((await execute(env, 'status', '--json')).out) as StatusReport;
      await worker.stop();
      expect(report.neverRun).toContain('directory');
      expect(report.projections[0]).toMatchObject({ projection: 'timeline-1', workers: ['host-1'], lagEvents: 0 });
      const partition = report.projections[0]!.partitions[partitionOf(GLOBAL_ROOM)];
      expect(partition).toMatchObject({ owner: 'host-1', present: true, position: 1 });
      const { status, err } = await execute(env, 'verify');
      expect(status).toBe(2);
      expect(err).toContain('set MONGODB_URL');
    });

    it('watches until it is interrupted', async () => {
      const env = { ...system.env, PARLEY_DATA: dataFolder };
      const child = spawn(process.execPath, [program, 'status', '--watch', '--json'], { env });
      const ended = once(child, 'exit');
      const reports: StatusReport[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        reports.push(JSON.parse(line) as StatusReport);
        if (reports.length === 2) child.kill('SIGINT');
      }
      await ended;
      // A third may have come before it was interrupted.
      expect(reports.slice(0, 2).map(({ projections }) => projections[0]!.workers)).toEqual([['one'], ['one']]);
    });
  });
});
