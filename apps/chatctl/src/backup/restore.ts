import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { OperationRefused, RetryableError } from '#domain';
import { type EventLog, SnapshotRefused } from '#event-store';
import { progressBar } from '#settings';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { Unreachable, withServers } from '../servers.js';
import { UsageError } from '../usage.js';
import type { Manifest, StoredStream } from './manifest.js';
import { beginAnew, numberAfterAll } from './read-models-anew.js';
import { readBackup, type StoredBackup } from './reading.js';

const OPTIONS = { keys: { type: 'string' }, 'without-keys': { type: 'boolean' }, json: { type: 'boolean' } } as const;

/** Exit status where Ctrl-C came before the end. */
const INTERRUPTED = 130;

/** `chatctl restore`: what a backup holds, into a NATS without such a log. */
export const restoreCommand: Command = async (args, surroundings) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const [dir, ...more] = positionals;
  const { keys: keysDir, 'without-keys': withoutKeys = false, json = false } = values;
  if (dir === undefined || dir === '' || more.length > 0) throw new UsageError('say which folder, one');
  if (keysDir !== undefined && withoutKeys) throw new UsageError('--keys or --without-keys, not both');
  const backup = await readBackup(dir);
  const keys = keysDir === undefined ? null : await readBackup(keysDir);
  const signal = surroundings.interrupted();
  return withServers(surroundings.env, async ({ log, readModels }) => {
    const streams = ordered(log, backup, keys, withoutKeys);
    sayWhereApart(backup.manifest, keys?.manifest ?? null, surroundings);
    const restoring = randomUUID();
    if (!(await log.backups.announce(restoring))) {
      throw new OperationRefused('another `chatctl restore` is at work on this log: wait for its end');
    }
    await clear(log, surroundings);
    try {
      for (const stored of streams) await put(log, stored, restoring, signal, surroundings);
    } catch (error) {
      if (error instanceof SnapshotRefused || error instanceof OperationRefused) {
        // Of a role that runs all the same, which makes what it misses, nothing is touched.
        for (const { name, restoring: by, isWhole } of await log.backups.standing()) {
          if (by === restoring && !isWhole) await log.backups.remove(name);
        }
        throw new OperationRefused(`${error.message}. Nothing of it is left in NATS`, { cause: error });
      }
      if (!signal.aborted && !(error instanceof RetryableError)) throw error;
      const left = 'what is restored so far is used by nobody, and the same command begins again';
      if (!signal.aborted) {
        throw new Unreachable(
          `${(error as Error).message}: ${left}. A nats-server with sync_interval: always may be too slow for it: restore ` +
            'into one without, and set it afterwards',
          { cause: error },
        );
      }
      surroundings.progress.write(`interrupted: ${left}\n`);
      return INTERRUPTED;
    }
    const restoredAt = await numberAfterAll(readModels);
    // Before there is a log that anybody could fold: who asks meanwhile is told to wait.
    const outdated = readModels ? await beginAnew(readModels, restoredAt) : [];
    // The events last: from then on the log is there, whole.
    for (const { stream } of streams) await log.backups.finish(stream, restoring, restoredAt);
    const { state } = streams.at(-1)!.stream;
    const restored = {
      events: state.messages,
      lastSeq: state.last_seq,
      asOf: backup.manifest?.begunAt ?? null,
      outdated,
    };
    surroundings.out.write(json ? `${JSON.stringify(restored)}\n` : textOf(restored, readModels !== null));
    return 0;
  });
};

/** What is to be restored, the events last. @throws OperationRefused */
function ordered({ backups }: EventLog, backup: StoredBackup, keys: StoredBackup | null, withoutKeys: boolean) {
  const all = [...backup.streams, ...(keys?.streams ?? [])];
  const named = (name: string) => all.filter(({ stream }) => stream.config.name === name);
  const [events, ...beside] = backups.ofLog;
  const [log] = named(events!);
  const found = all.map(({ stream }) => stream.config.name).join(', ');
  if (!log) {
    throw new OperationRefused(
      `the backup has no stream ${events}, but ${found}: set EVENT_STREAM to what it was there`,
    );
  }
  const { subjects } = log.stream.config;
  if (!subjects.includes(backups.subject)) {
    throw new OperationRefused(
      `its events lie under ${subjects.join(', ')}, not ${backups.subject}: set SUBJECT_PREFIX so`,
    );
  }
  const [keyStream] = named(backups.ofKeys);
  if (!keyStream && !withoutKeys && backup.manifest?.keys !== 0) {
    throw new OperationRefused(
      'the keys are not in it, without which what people wrote is lost: say --keys FOLDER, or --without-keys where there ' +
        'are none',
    );
  }
  const rest = [keyStream, ...beside.map((name) => named(name)[0])].filter((one) => one !== undefined);
  for (const name of [...beside, events!, backups.ofKeys]) {
    if (named(name).length > 1) throw new OperationRefused(`${name} is in both folders: which is meant?`);
  }
  return [...rest, log];
}

function sayWhereApart(log: Manifest | null, keys: Manifest | null, { progress }: Surroundings): void {
  if (!log || !keys || log.id === keys.id) return;
  const moment = log.begunAt > keys.endedAt ? 'older: what people say who came after it stays unreadable' : 'newer';
  progress.write(`the keys are of another backup than the log, of ${keys.endedAt}, which is ${moment}\n`);
}

/** @throws OperationRefused where there is a log */
async function clear({ backups }: EventLog, { progress }: Surroundings): Promise<void> {
  const standing = await backups.standing();
  const events = standing.find(({ name }) => name === backups.ofLog[0]);
  const isWhole = events?.isWhole ?? false;
  const others = standing.filter(({ restoring }) => isWhole || restoring === null);
  if (others.length > 0) {
    const named = others.map(({ name, messages }) => `${name} (${messages} records)`).join(', ');
    throw new OperationRefused(
      `this NATS is not empty: it has ${named}. Stop all roles, which would make the streams anew, and restore into a ` +
        'nats-server with an empty store_dir, or delete these streams if you are sure that nothing in them is wanted ' +
        '(`nats stream rm`)',
    );
  }
  for (const { name } of standing) {
    await backups.remove(name);
    progress.write(`${name} was left by a restore that was interrupted: it is deleted, and restored anew\n`);
  }
}

async function put(
  { backups }: EventLog,
  { stream, path, bytes }: StoredStream,
  restoring: string,
  signal: AbortSignal,
  { progress }: Surroundings,
): Promise<void> {
  const { name } = stream.config;
  const bar = progressBar(`Restoring ${name}, kB`, progress);
  let left = bytes;
  async function* parts(): AsyncGenerator<Uint8Array, void> {
    for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) {
      bar(Math.round(left / 1_000));
      yield part as Buffer;
      left -= (part as Buffer).length;
    }
    bar(0);
  }
  const state = await backups.put(stream, restoring, parts(), signal);
  // Of the others something may have been forgotten meanwhile, as it should be.
  const isWhole = state.last_seq >= stream.state.last_seq && state.messages >= stream.state.messages;
  if (name === backups.ofLog[0] && !isWhole) {
    throw new OperationRefused(
      `the backup is damaged: ${name} came to ${state.messages} records up to ${state.last_seq}, and had ` +
        `${stream.state.messages} up to ${stream.state.last_seq}`,
    );
  }
}

interface Restored {
  readonly events: number;
  readonly lastSeq: number;
  readonly asOf: string | null;
  readonly outdated: readonly string[];
}

function textOf({ events, lastSeq, asOf, outdated }: Restored, isDatabaseKnown: boolean): string {
  const models =
    outdated.length > 0
      ? `read models: ${outdated.join(', ')} are of the log before, and may hold what this one lacks: they are kept and ` +
        'not asked. The projectors fold others from the beginning when they start; until then gateways let nobody in. ' +
        '`chatctl versions remove` deletes those of before'
      : isDatabaseKnown
        ? 'read models: there are none, and the projectors fold them from the beginning when they start'
        : 'read models: no MongoDB is known here; the projectors fold others from the beginning when they start';
  const since = asOf === null ? 'the backup was made' : asOf;
  return (
    `${events} events are restored, up to event ${lastSeq} of the log\n${models}\n` +
    `start the roles, then \`chatctl verify\`. Who was erased, and whose tokens were revoked since ${since}, is to be ` +
    'erased and revoked again\n'
  );
}
