import { nanos } from '@nats-io/transport-node';
import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { PARTITIONS } from '#domain';
import { type Connection, isMissing } from './connection.js';
import { keyStreamConfig } from './keys/key-store.js';
import { LogUnavailable } from './outcomes.js';
import { revocationStreamConfig } from './revocations.js';
import { workerStreamConfig } from './workers.js';
import type { Subjects } from './subjects.js';

/** The stream is laid out for another number of partitions: nothing here could find its rooms. */
export class StreamMismatch extends Error {
  override readonly name = 'StreamMismatch';
}

const DUPLICATE_WINDOW_MS = 120_000;
/** A user without the right to change a stream is not answered. */
const UPDATE_LIMIT_MS = 1_000;

const NAME_IN_USE = 10_058;
/** No suitable peers; replicas without a cluster. */
const TOO_FEW_SERVERS = new Set([10_005, 10_074]);

export const deadLetterStream = (stream: string): string => `${stream}_DEAD`;

type Wanted = Partial<StreamConfig> & { name: string };

// Only what matters is said, and compared: a bound on the size is the operator's business.

function eventStream(name: string, subjects: Subjects): Wanted {
  return {
    name,
    subjects: [subjects.allEvents],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    // A log that is full refuses what is new, and forgets nothing.
    discard: DiscardPolicy.New,
    max_age: 0,
    max_msgs_per_subject: -1,
    deny_delete: true,
    deny_purge: true,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    allow_direct: true,
    // What waits to be stored goes together: see `Publisher`.
    allow_atomic: true,
  };
}

/** One subject a letter and one message a subject: the same letter again is not a second one. */
function letterStream(stream: string, subjects: Subjects): Wanted {
  return {
    name: deadLetterStream(stream),
    subjects: [subjects.deadLetters()],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_age: 0,
    max_msgs_per_subject: 1,
    allow_direct: true,
  };
}

/** One record, which shows whether anything can be stored: see `AppendWatch`. */
function trialStream(stream: string, subjects: Subjects): Wanted {
  return {
    name: `${stream}_TRIAL`,
    subjects: [subjects.trial],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_msgs_per_subject: 1,
  };
}

/**
 * Creates the streams where they are missing, gives those more replicas that have fewer than they should, and has the
 * events' stream take batches. What else differs in one that is there is left as it is, and reported.
 * @returns a line for each difference, `<stream>.<field> is <value>, should be <value>`
 * @throws StreamMismatch, LogUnavailable
 */
export async function setUpStreams(
  connection: Connection,
  stream: string,
  subjects: Subjects,
  replicas: number,
): Promise<string[]> {
  const events = eventStream(stream, subjects);
  const metadata = { partitions: String(PARTITIONS) };
  const config = await ensureStream(connection, { ...events, metadata }, replicas);
  const partitions = config.metadata?.['partitions'] ?? 'none said';
  if (partitions !== metadata.partitions) {
    throw new StreamMismatch(
      `stream ${stream} has another number of partitions (${partitions}) than this program (${PARTITIONS}): ` +
        'read its events into a new stream, or name another one',
    );
  }
  const there: [Wanted, StreamConfig][] = [[events, config]];
  const beside = [letterStream, workerStreamConfig, trialStream, revocationStreamConfig, keyStreamConfig];
  for (const wanted of beside.map((of) => of(stream, subjects))) {
    there.push([wanted, await ensureStream(connection, wanted, replicas)]);
  }
  return there.flatMap(([wanted, actual]) => [
    ...drift(wanted, actual),
    ...(actual.num_replicas < replicas ? drift({ name: wanted.name, num_replicas: replicas }, actual) : []),
  ]);
}

/**
 * How the streams differ from what they should be, a line each. Nothing is changed, and none is made.
 * @throws LogUnavailable
 */
export async function differencesOf(
  connection: Connection,
  stream: string,
  subjects: Subjects,
  replicas: number,
): Promise<string[]> {
  const events = { ...eventStream(stream, subjects), max_msgs: -1 };
  const beside = [letterStream, workerStreamConfig, trialStream, revocationStreamConfig, keyStreamConfig];
  const lines: string[] = [];
  for (const wanted of [events, ...beside.map((of) => of(stream, subjects))]) {
    try {
      const { config } = await connection.answer(() => connection.jetstream.streams.info(wanted.name));
      const restoring = restoringOf(config);
      const fewer = config.num_replicas < replicas ? { num_replicas: replicas } : {};
      lines.push(...(restoring === null ? drift({ ...wanted, ...fewer }, config) : [restoring]));
      const partitions = config.metadata?.['partitions'];
      if (wanted.name === stream && restoring === null && partitions !== String(PARTITIONS)) {
        lines.push(`${stream} has ${partitions ?? 'no said number of'} partitions, should have ${PARTITIONS}`);
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
      lines.push(`${wanted.name} is not there, a projector makes it`);
    }
  }
  return lines;
}

async function ensureStream(connection: Connection, wanted: Wanted, replicas: number): Promise<StreamConfig> {
  const { streams } = connection.jetstream;
  const info = async () => (await connection.answer(() => streams.info(wanted.name))).config;
  try {
    const config = await info();
    // Nothing of it may be changed meanwhile: what is restored has its subjects last.
    const restoring = restoringOf(config);
    if (restoring !== null) throw new LogUnavailable(restoring);
    const more =
      config.num_replicas < replicas ? await changed(connection, config, { num_replicas: replicas }) : config;
    return wanted.allow_atomic && !more.allow_atomic ? await changed(connection, more, { allow_atomic: true }) : more;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    // A copy, since the client writes into what it is given.
    return (await connection.answer(() => streams.add({ ...wanted, num_replicas: replicas }))).config;
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    // Another process was quicker, with a configuration of its own.
    if (error.code === NAME_IN_USE) return info();
    if (!TOO_FEW_SERVERS.has(error.code)) throw error;
    throw new LogUnavailable(
      `${wanted.name} cannot have ${replicas} replicas: ${error.message}. Start as many nats-servers as a cluster with ` +
        'JetStream, or set EVENT_STREAM_REPLICAS to fewer',
      { cause: error },
    );
  }
}

/** What it has afterwards: as before, where this user may not change it, or it cannot be changed so. */
async function changed(
  connection: Connection,
  config: StreamConfig,
  changes: Partial<StreamConfig>,
): Promise<StreamConfig> {
  const { streams } = connection.jetstream;
  const update = () => streams.update(config.name, { ...config, ...changes });
  try {
    return (await connection.answer(update, UPDATE_LIMIT_MS)).config;
  } catch (error) {
    if (!(error instanceof JetStreamApiError || error instanceof LogUnavailable)) throw error;
    return config;
  }
}

function drift(wanted: Wanted, actual: StreamConfig): string[] {
  const there = new Map<string, unknown>(Object.entries(actual));
  return Object.entries(wanted).flatMap(([field, should]) => {
    // The server leaves out what is not set.
    const is = there.get(field) ?? (typeof should === 'boolean' ? false : null);
    if (JSON.stringify(is) === JSON.stringify(should)) return [];
    return `${wanted.name}.${field} is ${JSON.stringify(is)}, should be ${JSON.stringify(should)}`;
  });
}

/** One that is cut off takes itself for the leader for 10 s; those that follow one speak up every second. */
const HEARD_MS = 3_000;

/**
 * Resolves once the leader of a stream has shown that it leads: that most of the servers that hold it were heard just now.
 * What it is asked afterwards it answers by all that was stored.
 * @throws LogUnavailable
 */
export async function whenLed(connection: Connection, stream: string): Promise<void> {
  const { streams } = connection.jetstream;
  const { cluster } = await connection.answerOfStream(stream, () => streams.info(stream));
  const others = cluster?.replicas ?? [];
  const heard = others.filter(({ active, offline }) => !offline && active < HEARD_MS * 1_000_000).length;
  if ((heard + 1) * 2 > others.length + 1) return;
  throw new LogUnavailable('the log is away: the server that is asked is cut off from the others');
}

// What the metadata of a stream says of its being restored from a backup.

/** Which restoring is under way, or was interrupted: until it is over, the stream is not to be used. */
export const RESTORING = 'restoring';
/** When it was restored last, as the number of a version that was begun then, and which restoring did it. */
export const RESTORED = 'restored';

/** 0 where it never was. */
export const restoredAtOf = ({ metadata }: Pick<StreamConfig, 'metadata'>): number =>
  Number(metadata?.[RESTORED]?.split(' ')[0] ?? 0);

/** Why it is not to be used; null where it is. */
export const restoringOf = ({ name, metadata }: Pick<StreamConfig, 'name' | 'metadata'>): string | null =>
  metadata?.[RESTORING] === undefined
    ? null
    : `${name} is being restored from a backup: wait for the end of it; where it was interrupted, run \`chatctl restore\` again`;
