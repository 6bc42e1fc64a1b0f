import { randomBytes } from 'node:crypto';
import { AckPolicy, DeliverPolicy, type MsgRequest, type StoredMsg } from '@nats-io/jetstream';
import type { Connection, ServerOptions } from './connection.js';
import { readHeaders } from './event-headers.js';
import { LogUnavailable } from './outcomes.js';
import { type LogRecord, recordOf } from './log-record.js';
import { makeConsumer, removeConsumer } from './consumers.js';
import { PullApart } from './apart/pull-apart.js';
import { asRecord, CAPACITY, Pull } from './pull.js';
import type { LogFilter, Subjects } from './subjects.js';

export interface ReadOptions {
  /** The first sequence, 1 by default. */
  readonly from?: number;
  /** The last sequence; by default, and at most, the last there is when the reading starts. */
  readonly until?: number;
  readonly filter?: LogFilter;
}

/** For who reads on as the log grows. */
export interface FollowOptions extends ReadOptions {
  /** Goes on with what is stored from then on, however long nothing is; a server that is away is waited for without end. */
  readonly follow?: boolean;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
  /** Whether a thread of its own may read it, where the log was opened so. */
  readonly apart?: boolean;
  /** How many records are under way at most: more are quicker, and are held where they are not taken. 2,048 by default. */
  readonly ahead?: number;
}

const BATCH = 1_000;
/** Fewer are read before a thread has begun. */
const MANY = 20_000;
/** Single records that are asked for side by side. */
const ASKED_TOGETHER = 64;
/** A reading whose server went away goes on when it is back within this time. */
const AWAY_LIMIT_MS = 30_000;
/** Nothing delivered for so long, although something is there: the reading is taken up anew. */
const QUIET_LIMIT_MS = 10_000;
const PAUSE_MS = 250;
/** So often somebody who waits for the connection looks whether to go on waiting. */
const LOOK_UP_MS = 500;

/** Reads the log. One record is always read from the stream's leader: a replica may not have what was just stored. */
export class Reader {
  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
    /** Where the server is, for a thread that reads much of the log; null for none. */
    private readonly readsApart: ServerOptions | null = null,
  ) {}

  /** @throws LogUnavailable */
  async at(seq: number, deadline?: number): Promise<LogRecord | null> {
    if (!Number.isSafeInteger(seq) || seq < 1) return null;
    return this.record(await this.message({ seq }, deadline));
  }

  /** The last record under a subject, which may hold wildcards. @throws LogUnavailable */
  async last(subject: string, deadline?: number): Promise<LogRecord | null> {
    return this.record(await this.message({ last_by_subj: subject }, deadline));
  }

  /**
   * The sequence of the last record that a filter lets through and, where a time is given, that was stored by then: ms
   * since 1970, by the log's clock. 0 for none. By time it is found in as many questions as the log's length has bits.
   * @throws LogUnavailable
   */
  async lastSeq(filter: LogFilter, storedBy = Infinity): Promise<number> {
    const subject = this.subjects.events(filter);
    const last = await this.last(subject);
    if (!last || last.at <= storedBy) return last?.seq ?? 0;
    let [stored, later] = [0, last.seq];
    while (later - stored > 1) {
      const middle = stored + Math.floor((later - stored) / 2);
      const query = { seq: middle, next_by_subj: subject };
      const record = this.record(await this.message(query));
      if (record && record.at <= storedBy) stored = record.seq;
      else later = middle;
    }
    return stored;
  }

  /** The last record of each subject that a filter lets through. @throws LogUnavailable */
  async lastOfEach(filter: LogFilter): Promise<LogRecord[]> {
    const { streams } = this.connection.jetstream;
    const query = { subjects_filter: this.subjects.events(filter) };
    const { state } = await this.connection.answerOfStream(this.stream, () => streams.info(this.stream, query));
    const records: LogRecord[] = [];
    const subjects = Object.keys(state.subjects ?? {});
    for (let i = 0; i < subjects.length; i += ASKED_TOGETHER) {
      const part = await Promise.all(subjects.slice(i, i + ASKED_TOGETHER).map((subject) => this.last(subject)));
      records.push(...part.filter((record) => record !== null));
    }
    return records;
  }

  /** As {@link batches}, one by one. @throws LogUnavailable */
  async *read(options: ReadOptions): AsyncGenerator<LogRecord, void> {
    for await (const records of this.batches(options)) yield* records;
  }

  /** In order and without holes, also across a server that went away for a moment. @throws LogUnavailable */
  async *batches({
    from = 1,
    until,
    filter = {},
    follow,
    signal,
    apart = false,
    ahead = CAPACITY,
  }: FollowOptions): AsyncGenerator<LogRecord[], void> {
    const subject = this.subjects.events(filter);
    const lastSeq = () => this.lastSeq(filter);
    const limitMs = follow ? Infinity : AWAY_LIMIT_MS;
    // Asked also where it is not needed: a log that is not there is not waited for.
    const last = await lastSeq();
    // Records beyond `until`, where there are any, are what shows that nothing below it is missing.
    let end = Math.min(until ?? Infinity, follow ? Infinity : last);
    let next = Math.max(1, from);
    while (next <= end && !signal?.aborted) {
      const started = await this.again(() => this.start(subject, next, ahead, apart), limitMs, signal);
      if (!started) return;
      const { pull, name } = started;
      const stop = () => {
        pull.close();
      };
      signal?.addEventListener('abort', stop);
      // While it began, nobody heard it.
      if (signal?.aborted) stop();
      try {
        for (;;) {
          const batch = await pull.next(BATCH, follow ? undefined : QUIET_LIMIT_MS);
          if (typeof batch === 'string') break;
          const records = batch.records.filter(({ seq }) => seq <= end);
          const lastHere = records.at(-1);
          if (!lastHere) return;
          next = lastHere.seq + 1;
          yield records;
          if (records.length < batch.records.length || next > end) return;
        }
      } finally {
        signal?.removeEventListener('abort', stop);
        pull.close();
        // Best effort: one that stays is deleted by the server.
        void removeConsumer(this.connection, this.stream, name).catch(() => undefined);
      }
      // A log that lost its tail ends earlier than it did.
      if (!follow) end = Math.min(end, (await this.again(lastSeq, limitMs, signal)) ?? 0);
    }
  }

  private async start(
    subject: string,
    from: number,
    ahead: number,
    apart: boolean,
  ): Promise<{ pull: Pull | PullApart; name: string }> {
    // Short, since it comes back with each record, where the client looks at every byte of it.
    const name = `read-${randomBytes(6).toString('base64url')}`;
    const config = {
      name,
      filter_subject: subject,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      ack_policy: AckPolicy.None,
    };
    const { num_pending: count } = await makeConsumer(this.connection, this.stream, config, AWAY_LIMIT_MS);
    const { connection, stream, readsApart } = this;
    const { eventStem } = this.subjects;
    const pull =
      apart && readsApart && count >= MANY
        ? await PullApart.start({ server: readsApart, stream, consumer: name, capacity: ahead, eventStem })
        : new Pull(connection, stream, name, asRecord(eventStem), { capacity: ahead });
    return { pull, name };
  }

  /** Tries until it works, over a server that is away or only just coming up; null where it is to end meanwhile. */
  private async again<T>(attempt: () => Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T | null> {
    const giveUp = performance.now() + limitMs;
    while (!signal?.aborted) {
      try {
        await this.connection.whenConnected(Math.max(1, Math.min(giveUp - performance.now(), LOOK_UP_MS)));
        return await attempt();
      } catch (error) {
        if (!(error instanceof LogUnavailable) || this.connection.isClosing || performance.now() > giveUp) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return null;
  }

  private message(query: MsgRequest, deadline?: number): Promise<StoredMsg | null> {
    const { streams } = this.connection.jetstream;
    return this.connection.answerOfStream(this.stream, () => streams.getMessage(this.stream, query), deadline);
  }

  private record(message: StoredMsg | null): LogRecord | null {
    if (!message) return null;
    const { subject, seq, time, header } = message;
    return recordOf(this.subjects.eventStem, subject, seq, time.getTime(), readHeaders(header), message.string());
  }
}
