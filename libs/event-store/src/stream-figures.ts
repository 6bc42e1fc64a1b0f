import type { StreamInfo } from '@nats-io/jetstream';
import { type Connection, isMissing } from './connection.js';
import { keyStream } from './keys/key-store.js';
import { workerStream } from './workers.js';
import { revocationStream } from './revocations.js';
import { deadLetterStream } from './stream.js';

/** What a stream holds. */
export interface LogState {
  readonly messages: number;
  readonly bytes: number;
  readonly firstSeq: number;
  /** 0 for a stream that never held anything. */
  readonly lastSeq: number;
  /** When the server said so, in ms since 1970 by its own clock. */
  readonly at: number;
}

/** What one of several streams holds. */
export interface StreamFigures extends LogState {
  readonly name: string;
}

/** The streams of a log: the events, the dead letters, the workers, the revocations, the keys. One that is not there yet is left out. */
export async function figuresOfStreams(connection: Connection, stream: string): Promise<StreamFigures[]> {
  const names = [stream, deadLetterStream(stream), workerStream(stream), revocationStream(stream), keyStream(stream)];
  const figures = await Promise.all(names.map((name) => figuresOf(connection, name)));
  return figures.filter((figure) => figure !== null);
}

async function figuresOf(connection: Connection, name: string): Promise<StreamFigures | null> {
  try {
    return { name, ...stateOf(await connection.answer(() => connection.jetstream.streams.info(name))) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** What the server says of a stream. */
export function stateOf({ state, ts }: StreamInfo): LogState {
  const { messages, bytes, first_seq: firstSeq, last_seq: lastSeq } = state;
  return { messages, bytes, firstSeq, lastSeq, at: ts === undefined ? Date.now() : Date.parse(ts) };
}
