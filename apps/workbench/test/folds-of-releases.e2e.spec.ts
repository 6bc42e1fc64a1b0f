import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LogRecord } from '#event-store';
import { anyLog } from '../../../libs/projections/test/oracle/any-log.js';
import { NoReleaseBefore, releaseBefore } from '../src/upgrade/release-before.js';

const cacheFolder = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
/** Each of some dozen events. */
const LOGS = 200;

interface Folds {
  readonly known: readonly string[];
  readonly projections: Readonly<
    Record<string, { format: number; kinds: readonly string[] | null; folded: unknown[] }>
  >;
}

async function foldsOf(checkout: string, logs: readonly LogRecord[][]): Promise<Folds> {
  const child = spawn(process.execPath, ['apps/workbench/upgrade/folds.mjs', checkout], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(logs));
  const [answer, [status]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
  expect(status).toBe(0);
  return JSON.parse(answer) as Folds;
}

/** Some of them broken as no release writes them. */
const spoilt = (logs: readonly LogRecord[][]): LogRecord[][] =>
  logs.map((log, i) =>
    log.map((record) => ((record.seq + i) % 29 === 0 ? { ...record, body: record.body.slice(0, -2) } : record)),
  );

it('what the release before folds, this one folds to the same, or says by its format that it does not', async () => {
  const before = await releaseBefore(cacheFolder, (line) => process.stdout.write(`${line}\n`)).catch(
    (error: unknown) => {
      if (!(error instanceof NoReleaseBefore) || process.env['REQUIRE_UPGRADE'] === '1') throw error;
      process.stdout.write(`SKIPPED, the folds of two releases are not compared: ${error.message}\n`);
      return null;
    },
  );
  if (before === null) return;
  const { known } = await foldsOf(before, []);
  const isKnown = ({ type, version }: LogRecord) => known.includes(`${type} ${version}`);
  const logs = spoilt(fc.sample(anyLog, { numRuns: LOGS, seed: 1 }).map((log) => log.filter(isKnown)));
  const [old, now] = await Promise.all([foldsOf(before, logs), foldsOf(process.cwd(), logs)]);
  // Versions are never taken back.
  expect(now.known).toEqual(expect.arrayContaining([...old.known]));
  let compared = 0;
  for (const [name, { format, kinds, folded }] of Object.entries(old.projections)) {
    const own = now.projections[name];
    if (own?.format !== format) continue;
    compared++;
    // Events of a kind that is not fetched would be passed over by one of them.
    expect([name, own.kinds]).toEqual([name, kinds]);
    for (const [i, each] of folded.entries()) expect([name, i, own.folded[i]]).toEqual([name, i, each]);
  }
  process.stdout.write(`${compared} projections of the release before were compared, in ${LOGS} logs\n`);
}, 900_000);
