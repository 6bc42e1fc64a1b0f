import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { NothingThere } from '#projections';
import type { Surroundings } from '../command.js';
import { exportCommand } from '../export/export.js';
import { filesIn } from '../export/export-folder.js';
import { pathOf } from '../export/file-name.js';
import { SELECTION_OPTIONS, type selectionOf } from '../selection/selection.js';
import { UsageError } from '../usage.js';
import { Database, type ExportFiles } from './database.js';
import { loadDuckdb } from './duckdb.js';

/** The options that say what is asked: an export, or a part of the log. */
export const SOURCE_OPTIONS = { ...SELECTION_OPTIONS, export: { type: 'string' } } as const;

type Words = Parameters<typeof selectionOf>[0] & { readonly export?: string | undefined };

/** Exit status where Ctrl-C came before the end. */
export const INTERRUPTED = 130;

/** How often what is asked is told to end, until it has: between two statements nobody hears it. Milliseconds. */
const TELL_MS = 50;

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
  // Asked anew each time.
  const isInterrupted = () => interruption.aborted;
  const { export: dir, ...selection } = words;
  if (dir !== undefined) refuseSelection(selection);
  const folder = await mkdtemp(join(tmpdir(), 'parley-sql-'));
  try {
    // Before anything is read that could not be asked then.
    await loadDuckdb();
    const asked = { ...surroundings, interrupted: () => interruption };
    const status = dir === undefined ? await exportTo(folder, selection, asked) : 0;
    if (isInterrupted()) return INTERRUPTED;
    const files = await filesOf(dir ?? folder).catch((error: unknown) => {
      if (dir !== undefined || !(error instanceof UsageError)) throw error;
      throw new NothingThere('the log has nothing of what is selected');
    });
    const database = await Database.open(files, folder);
    let telling: NodeJS.Timeout | undefined;
    const stop = () => {
      telling = setInterval(() => {
        database.interrupt();
      }, TELL_MS);
    };
    interruption.addEventListener('abort', stop);
    try {
      // While it was opened nobody heard it.
      if (isInterrupted()) return INTERRUPTED;
      const done = await work(database, folder);
      return isInterrupted() ? INTERRUPTED : done || status;
    } catch (error) {
      if (isInterrupted()) return INTERRUPTED;
      throw error;
    } finally {
      interruption.removeEventListener('abort', stop);
      clearInterval(telling);
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
function exportTo(dir: string, words: Words, surroundings: Surroundings): Promise<number> {
  const options = Object.keys(SELECTION_OPTIONS) as (keyof typeof SELECTION_OPTIONS)[];
  const selection = options.flatMap((option) => words[option]?.flatMap((value) => [`--${option}`, value]) ?? []);
  const unheard = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  return exportCommand([dir, ...selection], { ...surroundings, out: unheard });
}

/** The files of the export in a folder. @throws UsageError, OperationRefused where there is none, or no whole one */
async function filesOf(dir: string): Promise<ExportFiles> {
  const files = existsSync(dir) ? await filesIn(dir) : [];
  const formats = [...new Set(files.map(({ format }) => format))];
  const [format, other] = formats;
  if (format === undefined) {
    throw new UsageError(
      `there is no export in ${dir}: make one with \`chatctl export ${dir}\`, or leave out --export`,
    );
  }
  if (other !== undefined) {
    throw new UsageError(
      `the files in ${dir} are of several formats, ${formats.join(' and ')}: keep one export a folder`,
    );
  }
  return { format, paths: files.map((file) => resolve(dir, pathOf(file))) };
}
