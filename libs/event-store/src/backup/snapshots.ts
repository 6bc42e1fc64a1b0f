import type { Msg } from '@nats-io/transport-node';
import type { StreamConfig, StreamState } from '@nats-io/jetstream';
import type { Connection } from '../connection.js';
import { LogUnavailable } from '../outcomes.js';

/** What the server does not take or give of a backup: its own words. */
export class SnapshotRefused extends Error {
  override readonly name = 'SnapshotRefused';
}

/** What a stream was when its snapshot was begun: what the `nats` command line keeps as `backup.json` beside it. */
export interface BackedUpStream {
  readonly config: StreamConfig;
  readonly state: StreamState;
}

/** In one message of the server's to us. What is under way is eight times as much, each part acknowledged by itself. */
const CHUNK_BYTES = 256 * 1_024;
const WINDOW_BYTES = 8 * CHUNK_BYTES;
/** In one of ours. The server gives up where it takes longer than 5 s to store what is in one. */
const SENT_BYTES = 16 * 1_024;
/** The server itself gives up after 5 s without an answer of ours. */
const QUIET_LIMIT_MS = 30_000;
/** What the server stores of one part may be thousands of events, each synced. */
const STORE_LIMIT_MS = 60_000;

interface ApiAnswer {
  readonly error?: { readonly description?: string };
}

/** Snapshots of streams, by JetStream's own interface, and back. */
export class Snapshots {
  constructor(private readonly connection: Connection) {}

  /**
   * Takes a stream as it is now, while it is written to: all that is in it, and its durable consumers.
   * @param write takes the parts one after the other; the server sends on as they are taken
   * @throws SnapshotRefused, LogUnavailable
   */
  async take(name: string, write: (part: Uint8Array) => Promise<void>, signal?: AbortSignal): Promise<BackedUpStream> {
    const { nats } = this.connection;
    const inbox = this.connection.newInbox();
    const parts = nats.subscribe(inbox);
    const watch = new Watch(
      this.connection,
      () => {
        parts.unsubscribe();
      },
      signal,
    );
    try {
      const request = { deliver_subject: inbox, chunk_size: CHUNK_BYTES, window_size: WINDOW_BYTES };
      const { config, state } = await this.#ask<BackedUpStream>(`SNAPSHOT.${name}`, request);
      let count = 0;
      for await (const part of parts) {
        watch.heard();
        if (part.data.length === 0) {
          checkEnd(part);
          return { config, state };
        }
        count++;
        checkOrder(part, count);
        await write(part.data);
        part.respond();
      }
      throw watch.fault ?? new LogUnavailable('the snapshot ended before its end');
    } finally {
      watch.stop();
      parts.unsubscribe();
    }
  }

  /**
   * Makes a stream of a snapshot. Not at once: where this does not come to its end, a part of the stream may be there.
   * @throws SnapshotRefused, LogUnavailable
   */
  async put(stream: BackedUpStream, bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<StreamState> {
    const opened = await this.#ask<{ deliver_subject: string }>(`RESTORE.${stream.config.name}`, stream);
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => undefined);
    const watch = new Watch(
      this.connection,
      () => {
        lost.reject(watch.fault!);
      },
      signal,
    );
    const send = async (part: Uint8Array, timeout: number): Promise<Uint8Array> => {
      const answer = this.connection.nats.request(opened.deliver_subject, part, { timeout });
      const { data } = await Promise.race([answer.catch(asUnavailable), lost.promise]);
      watch.heard();
      return data;
    };
    try {
      for await (const large of bytes) {
        for (let at = 0; at < large.length; at += SENT_BYTES) {
          const answer = await send(large.subarray(at, at + SENT_BYTES), STORE_LIMIT_MS);
          if (answer.length > 0) read(answer);
        }
      }
      watch.stop();
      const { state } = read(await send(new Uint8Array(), STORE_LIMIT_MS)) as { state: StreamState };
      return state;
    } finally {
      watch.stop();
    }
  }

  async #ask<T>(what: string, request: object): Promise<T> {
    const body = JSON.stringify(request);
    const { nats } = this.connection;
    const answer = await nats.request(`$JS.API.STREAM.${what}`, body, { timeout: 10_000 }).catch(asUnavailable);
    return read(answer.data) as T;
  }
}

/** Notices that nothing comes any more, and why. */
class Watch {
  fault: Error | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  readonly #stops: (() => void)[] = [];

  constructor(
    connection: Connection,
    private readonly onFault: () => void,
    signal: AbortSignal | undefined,
  ) {
    this.#stops.push(
      connection.onPhase(() => {
        this.#fail(new LogUnavailable('the connection to NATS was lost'));
      }),
    );
    const aborted = (): void => {
      this.#fail(new DOMException('interrupted', 'AbortError'));
    };
    signal?.addEventListener('abort', aborted);
    this.#stops.push(() => signal?.removeEventListener('abort', aborted));
    if (signal?.aborted) queueMicrotask(aborted);
    this.heard();
  }

  heard(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#timer = setTimeout(() => {
      this.#fail(new LogUnavailable(`NATS sent nothing for ${QUIET_LIMIT_MS / 1_000} s`));
    }, QUIET_LIMIT_MS + STORE_LIMIT_MS);
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const stop of this.#stops.splice(0)) stop();
  }

  #fail(fault: Error): void {
    this.fault ??= fault;
    this.onFault();
  }
}

/** The reply of each part but the last ends in its number. */
function checkOrder({ reply }: Msg, count: number): void {
  const number = reply ? Number(reply.split('.').at(-1)) : count;
  if (number !== count) throw new LogUnavailable(`part ${count} of the snapshot is missing: ${number} came`);
}

function checkEnd({ headers }: Msg): void {
  const { code = 204, description = '' } = headers ?? {};
  if (code !== 0 && code !== 204) throw new SnapshotRefused(`NATS ended the snapshot: ${code} ${description}`);
}

function read(data: Uint8Array): unknown {
  const answer = JSON.parse(Buffer.from(data).toString()) as ApiAnswer;
  if (answer.error) throw new SnapshotRefused(answer.error.description ?? 'NATS says no more');
  return answer;
}

function asUnavailable(cause: unknown): never {
  throw new LogUnavailable(`NATS does not answer: ${(cause as Error).message}`, { cause });
}
