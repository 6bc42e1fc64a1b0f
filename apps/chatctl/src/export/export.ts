import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationRefused, RetryableError } from '#domain';
import { type EventLog, readSelected, type Selection, seqFrom, seqUntil } from '#event-store';
import { progressBar } from '#settings';
import { type Command, readOptions, secondsOf } from '../command.js';
import { SELECTION_OPTIONS, selectionOf } from '../selection/selection.js';
import { Unreachable, withLog } from '../servers.js';
import { UsageError } from '../usage.js';
import { anonymizerOf } from './anonymizer.js';
import { checkSame, filesIn, tidy } from './export-folder.js';
import { Exporter } from './exporter.js';
import { type ExportedFile, type FileFormat, fileFormats, pathOf } from './file-name.js';
import { identityOf, type Job, Lines } from './job.js';
import { lockFolder } from './lock.js';
import { check, rewrite } from './rewrite.js';

const OPTIONS = {
  ...SELECTION_OPTIONS,
  format: { type: 'string', default: 'parquet' },
  follow: { type: 'boolean' },
  every: { type: 'string' },
  'file-events': { type: 'string' },
  anonymize: { type: 'boolean' },
  check: { type: 'boolean' },
  rewrite: { type: 'boolean' },
} as const;

/** Exit status where Ctrl-C came before the end. */
const INTERRUPTED = 130;
const EVERY_SECONDS = 300;
/** So often it is looked whether a file is due. */
const LOOK_MS = 250;
/** Events of one file, at most: so much is done again where a run is killed, and is read side by side. */
const MOST = 1_000_000;
const MOST_FOLLOWED = 250_000;

/** `chatctl export`: the events of the log in files. */
export const exportCommand: Command = async (args, surroundings) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { format, follow = false, every, anonymize = false, ...work } = values;
  const [dir, ...more] = positionals;
  if (dir === undefined || dir === '' || more.length > 0) throw new UsageError('say into which folder, one');
  const selection = selectionOf(values, Date.now());
  if (!isFormat(format)) throw new UsageError(`--format must be ${fileFormats.join(', ')}, not ${format}`);
  if (follow && selection.until) throw new UsageError('--follow has no end: leave out --until');
  if (every !== undefined && !follow) throw new UsageError('--every goes with --follow');
  const fileEvents = Number(values['file-events'] ?? (follow ? MOST_FOLLOWED : MOST));
  if (!Number.isInteger(fileEvents) || fileEvents < 1 || fileEvents > MOST) {
    throw new UsageError(`--file-events must be a whole number from 1 to ${MOST}`);
  }
  const seconds = every === undefined ? EVERY_SECONDS : secondsOf(every);
  if (seconds === null || seconds === 0) throw new UsageError('--every must be like 30s, 5m or 1h');
  if ((work.check || work.rewrite) && (follow || selection.from || selection.until || (work.check && work.rewrite))) {
    throw new UsageError(
      '--check and --rewrite are of all files that are there: leave out each other, --from, --until and --follow',
    );
  }
  const anonymizer = anonymize ? anonymizerOf(surroundings.env) : null;
  const interruption = surroundings.interrupted();
  return withLog(anonymizer ? withoutKeys(surroundings.env) : surroundings.env, async (log) => {
    const job: Job = { log, dir, selection, format, anonymizer, surroundings };
    if (work.check) return check(job, await filesIn(dir));
    await mkdir(dir, { recursive: true });
    const unlock = await lockFolder(dir);
    try {
      await tidy(dir);
      const files = await filesIn(dir);
      await checkSame(dir, files, format, await identityOf(job));
      if (work.rewrite) return await rewrite(job, files, interruption);
      return await goOn(job, files, { follow, everyMs: seconds * 1_000, mostEvents: fileEvents, interruption });
    } finally {
      unlock();
    }
  });
};

/** Whoever takes texts out does not have to read them. */
const withoutKeys = ({ KEYS_MASTER: _key, KEYS_MASTER_FILE: _file, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  env;

const isFormat = (name: string): name is FileFormat => (fileFormats as readonly string[]).includes(name);

interface Pace {
  readonly follow: boolean;
  /** How old a file may be that is written by who follows. */
  readonly everyMs: number;
  /** Of one file. */
  readonly mostEvents: number;
  readonly interruption: AbortSignal;
}

/** Goes on with what is there. @returns the exit status */
async function goOn(
  job: Job,
  files: readonly ExportedFile[],
  { follow, everyMs, mostEvents, interruption }: Pace,
): Promise<number> {
  const { log, dir, selection, format, surroundings } = job;
  const { out, progress } = surroundings;
  const next = await nextOf(log, files, selection);
  // Asked before anything is read: what is erased later is known to be missing in what is written.
  const erasedTo = await log.lastSeq({ kind: 'erase' });
  const lines = new Lines(job);
  let [fileCount, eventCount] = [0, 0];
  const exporter = new Exporter({
    ...{ dir, format, identity: await identityOf(job), next, erasedTo, lines, mostEvents },
    onFile: (file, events) => {
      fileCount++;
      eventCount += events;
      out.write(`${join(dir, pathOf(file))}  ${events} events\n`);
    },
  });
  let reached = next - 1;
  const bar = follow || progress.isTTY !== true ? null : progressBar('Exporting', progress);
  try {
    const batches = readSelected(log, { ...selection, from: { seq: next } }, { follow, signal: interruption });
    for await (const batch of withTicks(batches, LOOK_MS)) {
      if (batch) {
        await exporter.add(batch);
        reached = batch.seq;
        if (batch.until !== null) bar?.(batch.until - batch.seq);
      }
      if (follow && performance.now() - (exporter.since ?? Infinity) > everyMs) await exporter.finish(reached);
      if (interruption.aborted) break;
    }
    await exporter.finish(reached);
  } catch (error) {
    await exporter.drop();
    if (!(error instanceof RetryableError)) throw error;
    throw new Unreachable(`${error.message}: the same again goes on where the files end`, { cause: error });
  }
  const status = lines.sayInTheEnd();
  out.write(`${eventCount} events in ${fileCount} new files, up to event ${reached} of the log\n`);
  return interruption.aborted && !follow ? INTERRUPTED : status;
}

/** Where it goes on, or begins. @throws OperationRefused */
async function nextOf(log: EventLog, files: readonly ExportedFile[], { from, until }: Selection): Promise<number> {
  const asked = from ? await seqFrom(log, from) : null;
  const [oldest, newest] = [files[0], files.at(-1)];
  if (!oldest || !newest) return asked ?? 1;
  const [next, { lastSeq }] = [newest.last + 1, await log.state()];
  if (newest.last > lastSeq) {
    throw new OperationRefused(
      `${pathOf(newest)} goes up to event ${newest.last}, and the log ends at ${lastSeq}: it has lost its end. Export ` +
        'into another folder',
    );
  }
  if (asked !== null && asked < oldest.first) {
    throw new OperationRefused(
      `what is there begins at event ${oldest.first}, behind --from, which is event ${asked}: leave out --from to go ` +
        'on with it, or export into another folder',
    );
  }
  if (asked !== null && asked > next) {
    throw new OperationRefused(
      `what is there ends at event ${newest.last}, before --from, which is event ${asked}: what is between them would be ` +
        'missing. Leave out --from to go on with it, or export into another folder',
    );
  }
  if (until && (await seqUntil(log, until)) < newest.last) {
    throw new OperationRefused(`what is there goes up to event ${newest.last} already, behind --until`);
  }
  return next;
}

/**
 * What comes, and null each time that nothing came for so long. What it iterates over has to end by itself where this is
 * left before its end.
 */
export async function* withTicks<T>(source: AsyncIterable<T>, ms: number): AsyncGenerator<T | null, void> {
  const iterator = source[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const tick = new Promise<null>((resolve) => (timer = setTimeout(resolve, ms, null)));
      const came = await Promise.race([next, tick]).finally(() => {
        clearTimeout(timer);
      });
      if (came?.done) return;
      yield came && came.value;
      if (came) next = iterator.next();
    }
  } finally {
    // Not waited for: what is under way may take as long as it likes.
    void iterator.return?.();
  }
}
