import { randomUUID } from 'node:crypto';
import { OperationRefused } from '#domain';
import { type EventLog, SnapshotRefused } from '#event-store';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { Unreachable, withLog } from '../servers.js';
import { UsageError } from '../usage.js';
import { BackupFolder, checkFolders } from './writing.js';

const OPTIONS = { keys: { type: 'string' }, 'without-keys': { type: 'boolean' }, json: { type: 'boolean' } } as const;

/** Exit status where Ctrl-C came before the end. */
const INTERRUPTED = 130;

/** So often the log is taken once more, since somebody was erased between it and the keys. */
const TRIES = 5;

/** `chatctl backup`: the streams that are the truth, into files, while the system runs. */
export const backupCommand: Command = async (args, surroundings) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const [dir, ...more] = positionals;
  const { keys: keysDir = null, 'without-keys': withoutKeys = false, json = false } = values;
  if (dir === undefined || dir === '' || more.length > 0) throw new UsageError('say into which folder, one');
  if (keysDir !== null && withoutKeys) throw new UsageError('--keys or --without-keys, not both');
  await checkFolders(dir, keysDir);
  const signal = surroundings.interrupted();
  return withLog(surroundings.env, async (log) => {
    const keys = await keysIn(log);
    if (keys > 0 && keysDir === null && !withoutKeys) {
      throw new OperationRefused(
        `there are keys of ${keys} people, without which what they wrote is lost: say --keys FOLDER, to be kept apart from ` +
          'the log, or --without-keys where they are backed up otherwise (docs/privacy.md)',
      );
    }
    try {
      const taken = await take(log, { dir, keysDir, keys, progress: surroundings.progress, signal });
      surroundings.out.write(json ? `${JSON.stringify({ ...taken, dir, keysDir })}\n` : textOf(taken, dir, keysDir));
      return 0;
    } catch (error) {
      if (signal.aborted) {
        surroundings.progress.write('interrupted; nothing of it is left\n');
        return INTERRUPTED;
      }
      if (error instanceof SnapshotRefused) throw new OperationRefused(error.message, { cause: error });
      throw error;
    }
  });
};

interface Plan {
  readonly dir: string;
  readonly keysDir: string | null;
  readonly keys: number;
  readonly progress: Surroundings['progress'];
  readonly signal: AbortSignal;
}

interface Taken {
  readonly id: string;
  readonly begunAt: string;
  readonly seconds: number;
  readonly events: number;
  readonly lastSeq: number;
  readonly bytes: number;
}

/**
 * The log first, then the keys: so each event's key is among them, as those are made before. Where somebody was erased
 * between the two, what they said would be there without a key and without an erasure, so that nobody could fold it:
 * then the log is taken once more.
 */
async function take(log: EventLog, { dir, keysDir, keys, progress, signal }: Plan): Promise<Taken> {
  const folders: BackupFolder[] = [];
  try {
    const folder = await BackupFolder.begin(dir);
    folders.push(folder);
    const keysFolder = keysDir === null ? null : await BackupFolder.begin(keysDir);
    if (keysFolder) folders.push(keysFolder);
    const { backups } = log;
    const [events, ...beside] = backups.ofLog;
    for (let tries = 1; ; tries++) {
      const begun = { at: new Date().toISOString(), on: performance.now() };
      const { state } = await folder.take(log, events!, progress, signal);
      await keysFolder?.take(log, backups.ofKeys, progress, signal);
      const erasedAt = keysFolder ? await log.lastSeq({ kind: 'erase' }) : 0;
      if (erasedAt > state.last_seq) {
        if (tries < TRIES) continue;
        throw new Unreachable('people are erased all the time: back up again later');
      }
      for (const name of beside) await folder.take(log, name, progress, signal);
      const id = randomUUID();
      const about = { id, begunAt: begun.at, endedAt: new Date().toISOString(), nats: backups.serverVersion, keys };
      const { bytes } = folder;
      await keysFolder?.finish({ of: 'keys', ...about });
      await folder.finish({ of: 'log', ...about });
      const seconds = (performance.now() - begun.on) / 1_000;
      return { id, begunAt: begun.at, seconds, events: state.messages, lastSeq: state.last_seq, bytes };
    }
  } catch (error) {
    await Promise.all(folders.map((folder) => folder.drop()));
    throw error;
  }
}

/** @throws Unreachable, OperationRefused where the log is not whole itself */
async function keysIn({ backups }: EventLog): Promise<number> {
  const standing = await backups.standing();
  const [events, ...beside] = backups.ofLog;
  for (const name of [events!, ...beside, backups.ofKeys]) {
    const stream = standing.find((one) => one.name === name);
    if (!stream) throw new Unreachable(`there is no stream ${name}: a projector makes it when it first runs`);
    if (!stream.isWhole) throw new OperationRefused(`${name} is being restored itself: finish that first`);
  }
  return standing.find(({ name }) => name === backups.ofKeys)!.messages;
}

const textOf = ({ events, lastSeq, bytes, seconds, begunAt }: Taken, dir: string, keysDir: string | null): string =>
  `${events} events, up to event ${lastSeq} of the log, are in ${dir}: ${(bytes / 1e6).toFixed(1)} MB in ` +
  `${seconds.toFixed(1)} s. All that was stored by ${begunAt} is in it\n` +
  (keysDir === null ? '' : `the keys are in ${keysDir}: keep them apart, and no longer than you must\n`);
