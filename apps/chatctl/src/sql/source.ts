import { createWriteStream, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { eventLine } from '#domain';
import { progressBar } from '#platform';
import { NothingThere } from '../at/room-then.js';
import type { Surroundings } from '../command.js';
import { readSelected } from '../selection/selected.js';
import { SELECTION_OPTIONS, selectionOf } from '../selection/selection.js';
import { withLog } from '../servers.js';
import { UsageError } from '../usage.js';
import { Database } from './database.js';
import { filesOfExport } from './export-files.js';

/** The options that say what is asked: an export, or a part of the log. */
export const SOURCE_OPTIONS = { ...SELECTION_OPTIONS, export: { type: 'string' } } as const;

type Words = Parameters<typeof selectionOf>[0] & { readonly export?: string | undefined };

/** Exit status where Ctrl-C came before the end. */
export const INTERRUPTED = 130;

/**
 * Works on an export: the one that is named, or one of what is selected of the log, which is made for it and deleted
 * afterwards. Interrupted by Ctrl-C, whatever is being asked ends.
 * @param work is also given a folder, which is deleted with all that is in it
 * @returns the exit status: that of the work, unless something of the log could not be read
 * @throws UsageError, Missing, Unreachable, NothingThere
 */
export async function withDatabase(
  words: Words,
  surroundings: Surroundings,
  interruption: AbortSignal,
  work: (database: Database, folder: string) => Promise<number>,
): Promise<number> {
  const { export: dir, ...selection } = words;
  if (dir !== undefined) refuseSelection(selection);
  const folder = await mkdtemp(join(tmpdir(), 'parley-sql-'));
  try {
    const status = dir === undefined ? await exportTo(folder, selection, surroundings, interruption) : 0;
    if (interruption.aborted) return INTERRUPTED;
    const database = await Database.open(filesOfExport(dir ?? folder), folder);
    const stop = () => {
      database.interrupt();
    };
    interruption.addEventListener('abort', stop);
    try {
      const done = await work(database, folder);
      return interruption.aborted ? INTERRUPTED : done || status;
    } catch (error) {
      if (interruption.aborted) return INTERRUPTED;
      throw error;
    } finally {
      interruption.removeEventListener('abort', stop);
      database.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function refuseSelection(selection: object): void {
  const [option] =
    Object.entries(selection).find(([name, value]) => name in SELECTION_OPTIONS && value !== undefined) ?? [];
  if (option)
    throw new UsageError(`--${option} selects from the log, and --export is asked as it is: say so in the statement`);
}

/** @returns 1 where some events could not be read */
async function exportTo(dir: string, words: Words, surroundings: Surroundings, signal: AbortSignal): Promise<number> {
  const selection = selectionOf(words, Date.now());
  return withLog(surroundings.env, async (log) => {
    const bar = progressBar('Reading the log', surroundings.progress);
    let [count, unreadable] = [0, 0];
    async function* lines() {
      for await (const { selected, seq, until } of readSelected(log, selection, { signal })) {
        yield selected
          .map(({ event, record }) => {
            if (event)
              return `${JSON.stringify(eventLine(event, { storedAt: record.at, sealed: record.texts === null }))}\n`;
            unreadable++;
            return '';
          })
          .join('');
        count += selected.length;
        bar((until ?? seq) - seq);
      }
    }
    const day = join(dir, 'day=1970-01-01');
    mkdirSync(day);
    await pipeline(lines, createWriteStream(join(day, 'events-000000000000001-000000000000001.ndjson')));
    if (count === 0 && !signal.aborted) throw new NothingThere('the log has nothing of what is selected');
    return unreadable > 0 ? 1 : 0;
  });
}
