import { nanos } from '@nats-io/transport-node';
import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { PARTITIONS } from '#domain';
import { type Connection, isMissing } from './connection.js';
import { memberStreamConfig } from './members.js';
import type { Subjects } from './subjects.js';

/** The stream is laid out for another number of partitions: nothing here could find its rooms. */
export class StreamMismatch extends Error {
  override readonly name = 'StreamMismatch';
}

const DUPLICATE_WINDOW_MS = 120_000;
const NAME_IN_USE = 10_058;

export const deadLetterStream = (stream: string): string => `${stream}_DEAD`;

type Wanted = Partial<StreamConfig> & { name: string };

// Only what matters is said, and compared: replicas and a bound on the size are the operator's business.

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

/**
 * Creates the streams where they are missing. One that is there is left as it is: what differs is reported.
 * @returns a line for each difference, `<stream>.<field> is <value>, should be <value>`
 * @throws StreamMismatch, LogUnavailable
 */
export async function setUpStreams(connection: Connection, stream: string, subjects: Subjects): Promise<string[]> {
  const events = eventStream(stream, subjects);
  const metadata = { partitions: String(PARTITIONS) };
  const info = await ensureStream(connection, { ...events, metadata });
  const partitions = info.config.metadata?.['partitions'] ?? 'none said';
  if (partitions !== metadata.partitions) {
    throw new StreamMismatch(
      `stream ${stream} has another number of partitions (${partitions}) than this program (${PARTITIONS}): ` +
        'read its events into a new stream, or name another one',
    );
  }
  const letters = letterStream(stream, subjects);
  const members = memberStreamConfig(stream, subjects);
  return [
    ...drift(events, info.config),
    ...drift(letters, (await ensureStream(connection, letters)).config),
    ...drift(members, (await ensureStream(connection, members)).config),
  ];
}

async function ensureStream(connection: Connection, wanted: Wanted): Promise<StreamInfo> {
  const { streams } = connection.jetstream;
  const info = () => connection.answer(() => streams.info(wanted.name));
  try {
    return await info();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    // A copy, since the client writes into what it is given.
    return await connection.answer(() => streams.add({ ...wanted }));
  } catch (error) {
    // Another process was quicker, with a configuration of its own.
    if (error instanceof JetStreamApiError && error.code === NAME_IN_USE) return info();
    throw error;
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
