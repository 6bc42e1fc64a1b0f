import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { MONGODB_URL } from '../../chatctl/test/system-under-test.js';
import { NoReleaseBefore, releaseBefore } from '../src/upgrade/release-before.js';
import { runChaos } from './chaos-command.js';

const cacheFolder = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
const folder = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Two minutes are enough, and one to build the release before; on a machine that is busy with more each takes its time. */
const LIMIT_MS = 900_000;

const run = (...args: readonly string[]) => runChaos(folder, LIMIT_MS, ...args);

(MONGODB_URL === undefined ? it.skip : it)(
  'an upgrade from the release before, role by role, and to two to come, loses, doubles and misorders nothing',
  async () => {
    try {
      await releaseBefore(cacheFolder, (line) => process.stdout.write(`${line}\n`));
    } catch (error) {
      if (!(error instanceof NoReleaseBefore) || process.env['REQUIRE_UPGRADE'] === '1') throw error;
      process.stdout.write(`SKIPPED, no upgrade is tried: ${error.message}\n`);
      return;
    }
    const { status, out, complaints } = await run('--seed', '1', '--minutes', '0.1', '--upgrade');
    if (status !== 0) throw new Error(`${out}\n${complaints}`);
    expect(out).toContain('I16  5 steps of an upgrade held, with nothing set aside, 0 violations');
    expect(out.match(/^ {2}ok {3}I\d+ /gm)).toHaveLength(14);
    expect(out.trim().split('\n').at(-1)).toBe('everything held.');
  },
  LIMIT_MS + 600_000,
);
