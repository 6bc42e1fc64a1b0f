import { type Connection, isMissing } from './connection.js';
import { keyStream } from './keys/key-store.js';
import { workerStream } from './workers.js';
import { revocationStream } from './revocations.js';
import { deadLetterStream } from './stream.js';

/** What one stream holds. */
export interface StreamFigures {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  readonly firstSeq: number;
  /** 0 for a stream that never held anything. */
  readonly lastSeq: number;
  /** When the server said so, in ms since 1970 by its own clock. */
  readonly at: number;
}

/** The streams of a log: the events, the dead letters, the workers, the revocations, the keys. One that is not there yet is left out. */
export async function figuresOfStreams(connection: Connection, stream: string): Promise<StreamFigures[]> {
  const names = [stream, deadLetterStream(stream), workerStream(stream), revocationStream(stream), keyStream(stream)];
  const figures = await Promise.all(names.map((name) => figuresOf(connection, name)));
  return figures.filter((figure) => figure !== null);
}

async function figuresOf(connection: Connection, name: string): Promise<StreamFigures | null> {
  try {
    const info = await connection.answer(() => connection.jetstream.streams.info(name));
    const { messages, bytes, first_seq: firstSeq, last_seq: lastSeq } = info.state;
    return { name, messages, bytes, firstSeq, lastSeq, at: info.ts === undefined ? Date.now() : Date.parse(info.ts) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
