import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isText, keySequence, MAX_ID_LENGTH } from '#domain';
import type { EventLog } from '#event-store';
import { progressBar } from '#settings';
import { projections, type Projection } from '#projections';
import { checkpointsOf, type ReadModels, versionName } from '#read-models';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { filesIn } from '../export/export-folder.js';
import { pathOf } from '../export/file-name.js';
import { outdatedIn } from '../export/outdated.js';
import { type ServersWithDatabase, withDatabase } from '../servers.js';
import { UsageError } from '../usage.js';
import { inFiles, inReadModels, textsOf, type Trace } from './traces.js';

const OPTIONS = {
  user: { type: 'string' },
  check: { type: 'boolean' },
  files: { type: 'string', multiple: true },
  exports: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

const LOOK_MS = 250;
/** Nothing is folded for so long: somebody has to look at the projectors. */
const STUCK_MS = 60_000;

/** `chatctl erase`: takes what a person wrote and was called from everybody's eyes. */
export const eraseCommand: Command = async (args, surroundings) => {
  const { user, check = false, files = [], exports = [], json = false } = readOptions(args, OPTIONS).values;
  if (user === undefined || user === '' || !isText(user, MAX_ID_LENGTH)) {
    throw new UsageError(`--user is whom to erase: an id of 1 to ${MAX_ID_LENGTH} characters`);
  }
  if (files.length > 0 && !check) throw new UsageError('--files are looked through with --check');
  return withDatabase(surroundings.env, 'erase waits until the read models show nothing', (servers) =>
    erase(servers, { user, check, files, exports, json }, surroundings),
  );
};

interface Options {
  readonly user: string;
  readonly check: boolean;
  readonly files: readonly string[];
  readonly exports: readonly string[];
  readonly json: boolean;
}

async function erase(
  { log, readModels }: ServersWithDatabase,
  { user, check, files, exports, json }: Options,
  { out, progress }: Surroundings,
): Promise<number> {
  // Before anything is done: what is not there is not looked through in the end.
  for (const dir of exports) await filesIn(dir);
  const texts = check ? await textsOf(log, user, progressBar('Reading what there is of them', progress)) : [];
  const key = keySequence(randomBytes(8))();
  const { lastSeq } = await log.eraser.erase(user, { key, at: new Date().toISOString() });
  const left = await untilFolded(log, readModels, lastSeq, progressBar('Erasing in the read models', progress));
  const traces: Trace[] = [];
  if (check) {
    traces.push(...(await inReadModels(readModels, texts)));
    for (const folder of files) traces.push(...(await inFiles(folder, texts)));
  }
  const kept = await notFolded(readModels);
  const exported = await inExports(log, exports, user);
  if (json) {
    out.write(
      `${JSON.stringify({ user, lastSeq, behind: left, kept, exported, ...(check && { texts: texts.length, traces }) })}\n`,
    );
  } else {
    out.write(`${user} is erased from the log, up to event ${lastSeq}\n`);
    for (const name of left) out.write(`${name} has not folded it yet: see \`chatctl status\`, and run this again\n`);
    for (const name of kept) {
      out.write(`${name} is kept and not folded on, and may hold texts: \`chatctl versions remove ${name} --yes\`\n`);
    }
    for (const { dir, path } of exported) {
      out.write(`${join(dir, path)} holds texts of theirs: \`chatctl export ${dir} --rewrite\`, as it was exported\n`);
    }
    for (const { place, text } of traces) out.write(`found in ${place}: ${JSON.stringify(text)}\n`);
    if (check && texts.length === 0) out.write('nothing to look for: no text of theirs is in the log any more\n');
    else if (check) out.write(`${texts.length} texts looked for, ${traces.length} found\n`);
  }
  return left.length === 0 && traces.length === 0 && exported.length === 0 ? 0 : 1;
}

/** @returns the projections that have not got to it, and do not get on */
async function untilFolded(
  log: EventLog,
  readModels: ReadModels,
  seq: number,
  onProgress: (left: number) => void,
): Promise<string[]> {
  let movedAt = performance.now();
  let before = Infinity;
  for (;;) {
    const behind = await behindOf(log, readModels, seq);
    const left = [...behind.values()].reduce((sum, partitions) => sum + partitions, 0);
    onProgress(left);
    if (left === 0) return [];
    if (left < before) movedAt = performance.now();
    before = left;
    if (performance.now() - movedAt > STUCK_MS) return [...behind.keys()];
    await sleep(LOOK_MS);
  }
}

/** By the names of the versions that are served: in how many partitions they have not folded what there is up to `seq`. */
async function behindOf(log: EventLog, readModels: ReadModels, seq: number): Promise<Map<string, number>> {
  const behind = new Map<string, number>();
  for (const projection of Object.values(projections) as Projection<unknown>[]) {
    const { name, kinds } = projection;
    if (kinds && !kinds.includes('erase')) continue;
    const serving = (await readModels.versions.read(name))?.serving.number;
    if (serving === undefined) continue;
    const stored = await checkpointsOf(readModels.checkpoints, name, serving);
    if (stored.every((checkpoint) => checkpoint === null)) continue;
    let count = 0;
    for (const [partition, checkpoint] of stored.entries()) {
      const last = Math.min(seq, await log.lastSeq({ partition, kind: 'erase' }));
      if ((checkpoint?.seq ?? 0) < last) count += 1;
    }
    if (count > 0) behind.set(versionName(name, serving), count);
  }
  return behind;
}

/** The files of exports that hold texts of somebody who was erased. */
async function inExports(
  log: EventLog,
  dirs: readonly string[],
  user: string,
): Promise<{ readonly dir: string; readonly path: string }[]> {
  const found = [];
  for (const dir of dirs) {
    const outdated = await outdatedIn(log, dir, await filesIn(dir));
    const held = outdated.filter(({ erased, manifest }) => !manifest || erased.includes(user));
    found.push(...held.map(({ file }) => ({ dir, path: pathOf(file) })));
  }
  return found;
}

/** The versions that nobody folds on. */
async function notFolded(readModels: ReadModels): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of Object.values(projections) as Projection<unknown>[]) {
    const versions = await readModels.versions.read(name);
    for (const { number } of versions?.old ?? []) names.push(`${name} ${number}`);
  }
  return names;
}
