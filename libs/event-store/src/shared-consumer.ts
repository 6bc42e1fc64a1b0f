import { millis, nanos } from '@nats-io/transport-node';
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import type { Kind } from '#domain';
import { type Connection, isMissing } from './connection.js';
import { leaveSealed } from './keys/sealed-record.js';
import type { LogRecord } from './log-record.js';
import { asRecord, Pull, type PullEnd } from './pull.js';
import type { Subjects } from './subjects.js';

export interface ShareOptions {
  /** The consumer's, the same for all who share it: letters, digits, `-` and `_`. */
  readonly name: string;
  readonly kind: Kind;
}

/** A record that is in the hands of one of those who share a consumer, for as long as that process lives. */
export interface Delivery {
  /** Without the texts that are sealed in it. */
  readonly record: LogRecord;
  /** How often it was handed out, this time included. */
  readonly times: number;
  /** It is not handed out again; unless that is lost on its way to the log. */
  readonly done: () => void;
  /** It is handed out again, to any of them, after so many ms. */
  readonly again: (afterMs: number) => void;
}

/** What one of those who share a consumer is handed. */
export interface Deliveries {
  /** The next one, as soon as there is any, or why there will be none. One call at a time. */
  next(): Promise<Delivery | PullEnd>;
  /** Ends it here: what was not taken goes to the others at once. What was taken is still to be settled. */
  close(): void;
}

/** What a process that died had in its hands goes to another after this time. */
const ACK_WAIT_MS = 30_000;
/** Handed out and not settled, those that wait to be handed out again included; the rest stays in the log. */
const MAX_UNSETTLED = 1_000;
/** How many wait here. */
const CAPACITY = 256;

/**
 * Work that the records of a kind bring with them, each to be done by one process of several: at least once, in no
 * order. Where it stands is kept with the stream, in as many copies.
 */
export class SharedConsumer implements Deliveries {
  /** The ack subjects of what was taken and is not settled. */
  private readonly taken = new Set<string>();
  private readonly renewing: NodeJS.Timeout;

  private constructor(
    private readonly connection: Connection,
    private readonly pull: Pull,
    ackWaitMs: number,
  ) {
    this.renewing = setInterval(() => {
      this.renew();
    }, ackWaitMs / 3).unref();
  }

  /** @throws LogUnavailable */
  static async join(
    connection: Connection,
    stream: string,
    subjects: Subjects,
    options: ShareOptions,
  ): Promise<SharedConsumer> {
    const ackWaitMs = await ensureConsumer(connection, stream, subjects, options);
    const pull = new Pull(connection, stream, options.name, asRecord(subjects.eventStem), {
      capacity: CAPACITY,
      isShared: true,
    });
    return new SharedConsumer(connection, pull, ackWaitMs);
  }

  async next(): Promise<Delivery | PullEnd> {
    const batch = await this.pull.next(1);
    if (typeof batch === 'string') return batch;
    const [[record], [ack]] = [batch.records as [LogRecord], batch.acks as [string]];
    leaveSealed(record);
    this.taken.add(ack);
    return this.deliveryOf(record, ack);
  }

  private deliveryOf(record: LogRecord, ack: string): Delivery {
    const settle = (answer: string) => {
      if (this.taken.delete(ack)) this.connection.send(ack, answer);
    };
    return {
      record,
      times: timesOf(ack),
      done: () => {
        settle('+ACK');
      },
      again: (afterMs) => {
        // Of what is no whole number the server says nothing, and hands it out again at once.
        settle(`-NAK ${JSON.stringify({ delay: nanos(Math.round(afterMs)) })}`);
      },
    };
  }

  close(): void {
    const left = this.pull.waiting;
    this.pull.close();
    for (const ack of left) this.connection.send(ack, '-NAK');
  }

  private renew(): void {
    for (const ack of [...this.taken, ...this.pull.waiting]) this.connection.send(ack, '+WPI');
    if (this.pull.ended !== null && this.taken.size === 0) clearInterval(this.renewing);
  }
}

/** One that is there is left as it is. @returns how long a delivery may be in somebody's hands unheard of, ms */
async function ensureConsumer(
  connection: Connection,
  stream: string,
  subjects: Subjects,
  { name, kind }: ShareOptions,
): Promise<number> {
  const { consumers } = connection.jetstream;
  try {
    const { config } = await connection.answerOfStream(stream, () => consumers.info(stream, name));
    return millis(config.ack_wait ?? nanos(ACK_WAIT_MS));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const config = {
    durable_name: name,
    filter_subject: subjects.events({ kind }),
    deliver_policy: DeliverPolicy.New,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: MAX_UNSETTLED,
  };
  // Another process that makes the same at the same moment is none the worse for it.
  await connection.answerOfStream(stream, () => consumers.add(stream, { ...config }));
  return ACK_WAIT_MS;
}

/** `$JS.ACK.<stream>.<consumer>.<times>.…`; newer servers put domain and account before the stream. */
function timesOf(ack: string): number {
  const tokens = ack.split('.');
  return Number(tokens[tokens.length === 9 ? 4 : 6]);
}
