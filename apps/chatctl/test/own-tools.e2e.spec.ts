import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { EventLog } from '#event-store';
import { deployedServer, PASSWORD } from '../../../libs/event-store/test/deployed-server.js';
import { freePort, type OwnServer } from '../../../libs/event-store/test/own-server.js';
import { conversation, posted, until } from './system-under-test.js';

// What docs/analysts.md shows with other tools than ours, run as it stands by an analyst, where Go and Python are there.

const [, section = ''] = /<!-- own tools -->\n([\s\S]*?)<!-- \/own tools -->/.exec(
  readFileSync('docs/analysts.md', 'utf8'),
)!;
const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);
const installs = blocks.filter((block) => /^go install|^python3 -m venv/.test(block));
const examples = blocks.filter((block) => !installs.includes(block));

const isThere = (command: string, ...words: string[]): boolean => {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const hasTools = isThere('go', 'version') && isThere('python3', '-m', 'venv', '--help') && isThere('jq', '--version');

/** Of a conversation and some more. */
const EVENTS = 1 + 20 * 5 + 30;

(hasTools ? describe : describe.skip)('other tools', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-tools-'));
  // Kept, as the servers of the tests are: they take a minute.
  const cache = join(process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley'), 'analysts-tools');
  const kept = join(cache, createHash('sha256').update(installs.join()).digest('hex').slice(0, 16));
  const servers: OwnServer[] = [];
  let url: string;

  const run = (script: string, cwd: string) =>
    new Promise<{ status: number; out: string; err: string }>((done) => {
      const env = {
        ...{ ...process.env, GOBIN: join(kept, 'bin'), PATH: [join(kept, 'bin'), process.env['PATH']].join(delimiter) },
        ...{ NATS_URL: url, NATS_USER: 'analyst', NATS_PASSWORD: PASSWORD },
      };
      execFile('bash', ['-e', '-c', script], { env, cwd, timeout: 300_000 }, (error, out, err) => {
        done({ status: error ? Number(error.code ?? -1) : 0, out, err });
      });
    });

  beforeAll(async () => {
    const port = await freePort();
    const server = await deployedServer('nats-server.conf', folder, { 'port: 7422': `port: ${port}, host: 127.0.0.1` });
    const copy = await deployedServer('analysts.conf', folder, {
      $NATS_MIRROR_URL: `"nats-leaf://mirror:${PASSWORD}@127.0.0.1:${port}"`,
    });
    servers.push(copy, server);
    url = copy.url;
    const options = { servers: server.url, stream: 'EVENTS', prefix: 'chat', password: PASSWORD };
    const projector = await EventLog.connect({ ...options, user: 'projector', name: 'parley-projector' });
    await projector.setUp();
    await projector.close();
    const log = await EventLog.connect({ ...options, user: 'gateway', name: 'parley-gateway' });
    for (const event of conversation(20)) await log.append(event);
    for (let i = 0; i < 30; i++) await log.append(posted(i % 3 ? GLOBAL_ROOM : clanRoom('3'), `more ${i}`));
    await log.close();
    execFileSync(process.execPath, [resolve('deploy/nats/mirror.mjs')], {
      env: { ...process.env, NATS_URL: url, NATS_ANALYSTS_SETUP_PASSWORD: PASSWORD },
    });
    const analyst = { ...options, servers: url, user: 'analyst', name: 'parley-analyst' };
    const mirror = await EventLog.connect(analyst);
    await until('all is copied', async () => (await mirror.state()).lastSeq === EVENTS);
    await mirror.close();
    if (!existsSync(kept)) {
      mkdirSync(cache, { recursive: true });
      mkdirSync(kept);
      for (const install of installs) {
        const { status, err } = await run(install, kept);
        // Half of it is not kept.
        if (status !== 0) renameSync(kept, join(folder, 'half'));
        expect([status, err]).toEqual([0, status === 0 ? err : '']);
      }
    }
    symlinkSync(join(kept, 'tools'), join(folder, 'tools'));
  }, 600_000);
  afterAll(async () => {
    for (const server of servers) await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are installed and used as the page says', () => {
    expect([installs.length, examples.length]).toEqual([2, 3]);
  });

  it.each(examples.map((block) => [block]))(
    'work:\n%s',
    async (block) => {
      const { status, out, err } = await run(block, folder);
      expect([status, err]).toEqual([0, status === 0 ? err : '']);
      if (block.includes('nats sub')) {
        expect(readFileSync(join(folder, 'bodies.ndjson'), 'utf8').trim().split('\n')).toHaveLength(EVENTS);
        expect(out).toMatch(/^ +20 👍$/m);
        expect(out).toMatch(/"chat\.ev\.\d+\.clan:3\.msg": 13/);
      }
      if (block.includes('rooms.py')) {
        expect(out).toMatch(/^MessageCreated +70$/m);
        expect(out).toMatch(/ global +│ +20 │/);
      }
      if (block.includes('plot.py')) {
        // A PNG.
        expect(readFileSync(join(folder, 'messages.png')).subarray(1, 4).toString()).toBe('PNG');
      }
    },
    120_000,
  );
});
