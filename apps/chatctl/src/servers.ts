import { RetryableError } from '#domain';
import { EventLog } from '#event-store';
import { findRunning, loadConfig, logOf } from '#settings';
import { openMongodbReadModels, type ReadModels } from '#read-models';

/** A server that a command needs is not known, or does not answer: the message says what to do. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export interface Servers {
  readonly log: EventLog;
  /** Null where there is no MongoDB that this process could look into. */
  readonly readModels: ReadModels | null;
}

export type ServersWithDatabase = Servers & { readonly readModels: ReadModels };

/**
 * Connects to the log alone: to the NATS that NATS_URL names, or to that of the standalone that runs on PARLEY_DATA, and
 * disconnects when the work is done.
 * @throws Unreachable, ConfigError
 */
export function withLog<T>(env: NodeJS.ProcessEnv, work: (log: EventLog) => Promise<T>): Promise<T> {
  return connected(env, work);
}

/** The same with MongoDB, which MONGODB_URL or the standalone names. @throws Unreachable, ConfigError */
export function withServers<T>(env: NodeJS.ProcessEnv, work: (servers: Servers) => Promise<T>): Promise<T> {
  return connected(env, async (log, url, database) => {
    const readModels = url === null ? null : await openMongodbReadModels({ url, database, timeoutMs: 5_000 });
    try {
      return await work({ log, readModels });
    } finally {
      await readModels?.close();
    }
  });
}

/** Where a MongoDB is. */
export interface DatabasePlace {
  readonly url: string;
  readonly database: string;
}

/** The log, and where MongoDB is, if any: for who is to say that it does not answer. @throws Unreachable, ConfigError */
export function withLogAndPlace<T>(
  env: NodeJS.ProcessEnv,
  work: (log: EventLog, place: DatabasePlace | null) => Promise<T>,
): Promise<T> {
  return connected(env, (log, url, database) => work(log, url === null ? null : { url, database }));
}

/** @param work is told where MongoDB is; null for none that this process could look into */
async function connected<T>(
  env: NodeJS.ProcessEnv,
  work: (log: EventLog, mongodbUrl: string | null, database: string) => Promise<T>,
): Promise<T> {
  const { nats, mongodb, standalone } = loadConfig(env, 'chatctl');
  // Servers that were named are not mixed with those of a standalone that happens to run here.
  const running = nats.url === '' ? findRunning(standalone.dataFolder) : null;
  if (nats.url === '' && running === null) {
    throw new Unreachable(
      `no NATS_URL is given, and no standalone runs on ${standalone.dataFolder}: set NATS_URL and MONGODB_URL to ` +
        'the servers that the roles use, or start one with `npm start`',
    );
  }
  return reachably(async () => {
    const named = { ...nats, servers: nats.url, name: 'parley-chatctl', readsApart: true };
    const log = await EventLog.connect(running ? { ...named, ...logOf(running) } : named);
    try {
      return await work(log, mongodb.url ?? running?.mongodb ?? null, mongodb.database);
    } finally {
      await log.close();
    }
  });
}

/**
 * As {@link withServers}, for a command that cannot do without MongoDB.
 * @param why it is needed: `… MongoDB`
 */
export function withDatabase<T>(
  env: NodeJS.ProcessEnv,
  why: string,
  work: (servers: ServersWithDatabase) => Promise<T>,
): Promise<T> {
  return withServers(env, ({ log, readModels }) => {
    if (readModels) return work({ log, readModels });
    throw new Unreachable(
      `${why}, and none is known here: set MONGODB_URL. Read models in the memory of a standalone cannot be looked ` +
        'into; they are built from the log at each start',
    );
  });
}

/** A server that is away is said in plain words. @throws Unreachable */
export async function reachably<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RetryableError) throw new Unreachable(error.message, { cause: error });
    throw error;
  }
}
