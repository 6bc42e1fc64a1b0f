import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventLine, RetryableError } from '#domain';
import type { EventLog } from '#event-store';
import { progressBar } from '#platform';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { secondsOf } from '../duration.js';
import { plain } from '../plain.js';
import { seqFrom, seqUntil } from '../selection/moment.js';
import { readSelected } from '../selection/selected.js';
import { type Selection, SELECTION_OPTIONS, selectionOf } from '../selection/selection.js';
import { Unreachable, withLog } from '../servers.js';
import { UsageError } from '../usage.js';
import { checkSame, filesIn, tidy } from './export-folder.js';
import { Exporter } from './exporter.js';
import { type ExportedFile, type FileFormat, fileFormats, pathOf } from './file-name.js';
import { lockFolder } from './lock.js';
import type { Identity } from './manifest.js';
import { ExportRefused } from './refused.js';
import { withTicks } from './ticks.js';

const OPTIONS = {
  ...SELECTION_OPTIONS,
  format: { type: 'string', default: 'parquet' },
  follow: { type: 'boolean' },
  every: { type: 'string' },
} as const;

/** Exit status where Ctrl-C came before the end. */
const INTERRUPTED = 130;
const EVERY_SECONDS = 300;
/** So often it is looked whether a file is due. */
const LOOK_MS = 250;
/** Who follows writes a file also once it holds so many events. */
const MOST_FOLLOWED = 250_000;

/** `chatctl export`: the events of the log in files. */
export const exportCommand: Command = async (args, surroundings) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { format, follow = false, every } = values;
  const [dir, ...more] = positionals;
  if (dir === undefined || dir === '' || more.length > 0) throw new UsageError('say into which folder, one');
  const selection = selectionOf(values, Date.now());
  if (!isFormat(format)) throw new UsageError(`--format must be ${fileFormats.join(', ')}, not ${format}`);
  if (follow && selection.until) throw new UsageError('--follow has no end: leave out --until');
  if (every !== undefined && !follow) throw new UsageError('--every goes with --follow');
  const seconds = every === undefined ? EVERY_SECONDS : secondsOf(every);
  if (seconds === null || seconds === 0) throw new UsageError('--every must be like 30s, 5m or 1h');
  const interruption = surroundings.interrupted();
  return withLog(surroundings.env, async (log) => {
    await mkdir(dir, { recursive: true });
    const unlock = await lockFolder(dir);
    try {
      await tidy(dir);
      const work = { log, dir, selection, format, follow, everyMs: seconds * 1_000, interruption, surroundings };
      return await exportInto(work);
    } finally {
      unlock();
    }
  });
};

const isFormat = (name: string): name is FileFormat => (fileFormats as readonly string[]).includes(name);

interface Work {
  readonly log: EventLog;
  readonly dir: string;
  readonly selection: Selection;
  readonly format: FileFormat;
  readonly follow: boolean;
  readonly everyMs: number;
  readonly interruption: AbortSignal;
  readonly surroundings: Surroundings;
}

async function exportInto(work: Work): Promise<number> {
  const { log, dir, selection, format, follow, everyMs, interruption, surroundings } = work;
  const { out, progress } = surroundings;
  const identity: Identity = { log: await log.identity(), selection: textOf(selection), anonymized: '' };
  const files = await filesIn(dir);
  await checkSame(dir, files, format, identity);
  const next = await nextOf(log, files, selection);
  // Asked before anything is read: what is erased later is known to be missing in what is written.
  const erasedTo = await log.lastSeq({ kind: 'erase' });
  let [unreadable, fileCount, eventCount, sealed] = [0, 0, 0, 0];
  const exporter = new Exporter({
    ...{ dir, format, identity, next, erasedTo },
    ...(follow && { mostEvents: MOST_FOLLOWED }),
    lineOf: ({ event, record }) => {
      const isSealed = record.texts === null;
      if (isSealed && record.erased !== true) sealed++;
      return eventLine(event, { storedAt: record.at, sealed: isSealed });
    },
    onFile: (file, events) => {
      fileCount++;
      eventCount += events;
      out.write(`${join(dir, pathOf(file))}  ${events} events\n`);
    },
    onUnreadable: ({ record: { seq, type, version, room, kind }, fault }) => {
      unreadable++;
      const what = type === '' ? kind : `${type} version ${version}`;
      progress.write(`event ${seq} (${plain(`${what}, ${room ?? 'no room'}`)}): ${plain(fault)}\n`);
    },
  });
  let reached = next - 1;
  const bar = follow || progress.isTTY !== true ? null : progressBar('Exporting', progress);
  try {
    const reading = { ...selection, from: { seq: next } };
    const batches = readSelected(log, reading, { follow, signal: interruption });
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
  if (unreadable > 0) progress.write(`${unreadable} events cannot be read\n`);
  if (sealed > 0) progress.write(`the texts of ${sealed} events are sealed, and there is no key for them here\n`);
  out.write(`${eventCount} events in ${fileCount} new files, up to event ${reached} of the log\n`);
  if (interruption.aborted && !follow) return INTERRUPTED;
  return unreadable > 0 ? 1 : 0;
}

/** What is selected, but for both ends: the same for the same, however it was said. */
const textOf = ({ room, user, types }: Selection): string =>
  JSON.stringify({ ...(room && { room }), ...(user && { user }), ...(types && { types: [...types].toSorted() }) });

/** Where it goes on, or begins. @throws ExportRefused */
async function nextOf(log: EventLog, files: readonly ExportedFile[], { from, until }: Selection): Promise<number> {
  const asked = from ? await seqFrom(log, from) : null;
  const [oldest, newest] = [files[0], files.at(-1)];
  if (!oldest || !newest) return asked ?? 1;
  const [next, { lastSeq }] = [newest.last + 1, await log.state()];
  if (newest.last > lastSeq) {
    throw new ExportRefused(
      `${pathOf(newest)} goes up to event ${newest.last}, and the log ends at ${lastSeq}: it has lost its end. Export ` +
        'into another folder',
    );
  }
  if (asked !== null && asked < oldest.first) {
    throw new ExportRefused(
      `what is there begins at event ${oldest.first}, behind --from, which is event ${asked}: leave out --from to go ` +
        'on with it, or export into another folder',
    );
  }
  if (asked !== null && asked > next) {
    throw new ExportRefused(
      `what is there ends at event ${newest.last}, before --from, which is event ${asked}: what is between them would be ` +
        'missing. Leave out --from to go on with it, or export into another folder',
    );
  }
  if (until && (await seqUntil(log, until)) < newest.last) {
    throw new ExportRefused(`what is there goes up to event ${newest.last} already, behind --until`);
  }
  return next;
}
