import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { MONGODB_URL } from '../../chatctl/test/system-under-test.js';
import { runChaos } from './chaos-command.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-chaos-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Two minutes are enough; on a machine that is busy with more, each process takes its time to start. */
const LIMIT_MS = 480_000;

const run = (...args: readonly string[]) => runChaos(folder, LIMIT_MS, ...args);

(MONGODB_URL === undefined ? it.skip : it)(
  'nothing is lost, doubled or shown to whom it must not be for 200 clients, whatever is killed and cut for 30 s',
  async () => {
    const { status, out, complaints } = await run('--seed', '1', '--minutes', '0.5');
    if (status !== 0) throw new Error(`${out}\n${complaints}`);
    expect(out.match(/^ {2}ok {3}I\d+ /gm)).toHaveLength(13);
    expect(out.trim().split('\n').at(-1)).toBe('everything held.');
  },
  LIMIT_MS + 60_000,
);

(MONGODB_URL === undefined ? it.skip : it)(
  'nor where NATS is a cluster of three servers, of which each may be lost or replaced',
  async () => {
    const { status, out, complaints } = await run('--seed', '1', '--minutes', '0.3', '--cluster');
    if (status !== 0) throw new Error(`${out}\n${complaints}`);
    expect(out).toMatch(/^ {2}ok {3}kill -9 of the leader of the events, \d+ times: [1-9]\d* acknowledged meanwhile/m);
    expect(out).not.toContain(' FAIL ');
    expect(out.trim().split('\n').at(-1)).toBe('everything held.');
  },
  LIMIT_MS + 60_000,
);

it.each([
  [['--seed', 'x'], '--seed must be a number from 0 on'],
  [['--minutes', '0'], '--minutes must be a number from 0.1 on'],
  [['--more'], 'usage: npm run chaos'],
  [['--cluster', '--upgrade'], 'either --cluster or --upgrade'],
  [['--cluster', '--only', 'flood'], '--only takes some of leader, leaderCutOff'],
  [['--only', 'leader'], '--only is for --cluster'],
])('does not take %j', async (args, complaint) => {
  const { status, complaints } = await run(...args);
  expect([status, complaints]).toEqual([2, expect.stringContaining(complaint)]);
});
