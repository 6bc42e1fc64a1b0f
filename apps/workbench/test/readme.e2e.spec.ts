import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import 'reflect-metadata';
import { EventLog } from '#event-store';
import { loadConfig, settings } from '#settings';
import { memoryReadModels } from '#read-models';
import { settingsTable } from './settings-table.js';
import { startSystem } from '../../standalone/src/system.js';

// What the README says, tried.

const readme = readFileSync('README.md', 'utf8');
const run = promisify(execFile);
const SECRET = 'a secret for tests, 32 bytes long';

describe('the README', () => {
  const stops: (() => Promise<unknown>)[] = [];
  const home = mkdtempSync(join(tmpdir(), 'parley-readme-'));
  let address = '';

  beforeAll(async () => {
    const name = `readme-${process.pid}`;
    const env = { JWT_SECRET: SECRET, PORT: '0', EVENT_STREAM: name, SUBJECT_PREFIX: name };
    const config = loadConfig(env, 'standalone');
    const log = await EventLog.connect({ ...config.nats, servers: process.env['TEST_NATS_URL'] ?? '', name });
    stops.push(() => log.close());
    const readModels = memoryReadModels();
    const system = await startSystem({
      config,
      log,
      readModels,
      logger: false,
      atEnd: (_, stop) => stops.unshift(stop),
    });
    await system.caughtUp();
    address = system.gateways[0]!.replace('ws://', '');
  });

  afterAll(async () => {
    for (const stop of stops) await stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('has a session that works as it stands', async () => {
    const session = /```sh\n(export ADA=[\s\S]*?)```/.exec(readme)![1]!.replace('127.0.0.1:8080', address);
    expect(session).toContain(address);
    const env = { ...process.env, JWT_SECRET: SECRET, NODE_OPTIONS: '' };
    const { stdout } = await run('bash', ['-c', session], { env, timeout: 30_000 });
    expect(stdout).toBe('[clan] newMessage 1 by Ada: Hello, Bob!\n');
  });

  it('has the table of all settings', () => {
    const [, table] = /<!-- settings -->\n([\s\S]*?)<!-- \/settings -->/.exec(readme)!;
    expect(table!.trim()).toBe(settingsTable(settings));
  });

  it('names files, and scripts, that are there', () => {
    const links = [...readme.matchAll(/\]\(((?!https?:)[^)#]+)\)/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(15);
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, script]) => script!);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});
