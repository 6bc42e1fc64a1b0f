import { setTimeout as sleep } from 'node:timers/promises';
import { nanos } from '@nats-io/transport-node';
import { AckPolicy, type ConsumerConfig, DeliverPolicy } from '@nats-io/jetstream';
import { type Kind, RetryableError } from '#domain';
import { type Connection, isMissing } from './connection.js';
import { makeConsumer, removeConsumer, removeConsumers } from './consumers.js';
import type { Keyring } from './keys/keyring.js';
import { MasterKeyMissing } from './keys/master-keys.js';
import type { LogRecord } from './log-record.js';
import { LogUnavailable } from './outcomes.js';
import { asRecord, Pull, type PullEnd } from './pull.js';
import type { Subjects } from './subjects.js';

export interface ConsumeOptions {
  /** The consumer's name, one of its own for each take-over: letters, digits, `-` and `_`. */
  readonly name: string;
  /**
   * Names are this and an epoch: the consumers of lower epochs, the older owners of this partition, are deleted. One
   * of a higher epoch is left alone: whoever has it comes after this one.
   */
  readonly deleteOthersWithPrefix: string;
  readonly partition: number;
  /** Undefined for all kinds: one wildcard, which is many times quicker than a list. */
  readonly kinds?: readonly Kind[];
  /** The stream sequence to start at, from 1. */
  readonly from: number;
  /** Deleted when its owner closes it. */
  readonly temporary?: boolean;
  /** Is told why the keys of what was fetched cannot be had, once, and null when they can. */
  readonly onWaiting?: (reason: string | null) => void;
}

/** Why a consumer ended: another owner took over, something may be missed (start over), or it was closed here. */
export type ConsumerEnd = PullEnd;

const ACK_WAIT_MS = 60_000;
const MAX_UNACKNOWLEDGED = 20_000;
/** A consumer that nobody asks is gone after this time. */
const GONE_AFTER_MS = 300_000;
/** Before keys that could not be read are asked for again. */
const PAUSE_MS = 250;

/** The records of one partition, in order, each once. */
export class PartitionConsumer {
  // What was taken and not acknowledged, oldest first: sequences, and the subjects to acknowledge them at.
  private readonly seqs: number[] = [];
  private readonly acks: string[] = [];

  private constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly keyring: Keyring,
    private readonly options: ConsumeOptions,
    private readonly pull: Pull,
  ) {}

  /** @throws LogUnavailable */
  static async start(
    connection: Connection,
    stream: string,
    subjects: Subjects,
    keyring: Keyring,
    options: ConsumeOptions,
  ): Promise<PartitionConsumer> {
    // One of the same name stands where its last owner left it, not at `from`.
    await removeConsumer(connection, stream, options.name);
    await makeConsumer(connection, stream, consumerConfig(subjects, options), GONE_AFTER_MS);
    const pull = new Pull(connection, stream, options.name, asRecord(subjects.eventStem));
    // Best effort: the older owners cannot save what they fold anyway.
    void removeConsumers(connection, stream, isOlderThan(options)).catch(() => undefined);
    return new PartitionConsumer(connection, stream, keyring, options, pull);
  }

  /** Null while it is running. */
  get ended(): ConsumerEnd | null {
    return this.pull.ended;
  }

  /**
   * The next records in order, at least one and at most `max`, as soon as there are any; after the end, its reason.
   * What is not taken is not fetched: about 2,000 records wait here at most. One call at a time.
   */
  async next(max = 2_000): Promise<LogRecord[] | ConsumerEnd> {
    const batch = await this.pull.next(max);
    if (typeof batch === 'string') return batch;
    if (!(await this.open(batch.records))) return this.pull.ended ?? 'lost';
    for (const record of batch.records) this.seqs.push(record.seq);
    for (const ack of batch.acks) this.acks.push(ack);
    return batch.records;
  }

  /** Keys that cannot be read just now are waited for, as long as this consumer runs; whether that came to a good end. */
  private async open(records: LogRecord[]): Promise<boolean> {
    for (let said: string | null = null; this.pull.ended === null;) {
      try {
        await this.keyring.openAll(records);
        if (said !== null) this.options.onWaiting?.(null);
        return true;
      } catch (error) {
        if (!(error instanceof RetryableError || error instanceof MasterKeyMissing)) throw error;
        if (error.message !== said) this.options.onWaiting?.(error.message);
        said = error.message;
        await sleep(PAUSE_MS);
      }
    }
    return false;
  }

  /**
   * Acknowledges the record of this sequence and everything before it. For operators, and so that more is delivered:
   * after 20,000 unacknowledged ones nothing comes. The truth is the checkpoint.
   */
  ack(seq: number): void {
    let count = 0;
    while (count < this.seqs.length && this.seqs[count]! <= seq) count += 1;
    const last = this.acks[count - 1];
    if (last === undefined) return;
    this.seqs.splice(0, count);
    this.acks.splice(0, count);
    if (this.pull.ended === null) this.connection.send(last, '+ACK');
  }

  /** How many records are not yet acknowledged, delivered or not. @throws LogUnavailable, also where it was deleted */
  async lag(): Promise<number> {
    const { consumers } = this.connection.jetstream;
    try {
      const info = await this.connection.answer(() => consumers.info(this.stream, this.options.name));
      return info.num_pending + info.num_ack_pending;
    } catch (error) {
      throw isMissing(error) ? new LogUnavailable(`consumer ${this.options.name} was deleted`) : error;
    }
  }

  /**
   * Ends it here. In the log it stays for a while, and says how far behind its partition is, until the next owner deletes
   * it. That one may have looked before this one was made: who knows that there is a next owner closes it `forGood`.
   */
  async close(forGood = false): Promise<void> {
    this.pull.close();
    if (!forGood && !this.options.temporary) return;
    await removeConsumer(this.connection, this.stream, this.options.name).catch(() => undefined);
  }
}

function consumerConfig(subjects: Subjects, options: ConsumeOptions): Partial<ConsumerConfig> & { name: string } {
  const filters = subjects.ofPartition(options.partition, options.kinds);
  return {
    name: options.name,
    ...(filters.length === 1 && filters[0] ? { filter_subject: filters[0] } : { filter_subjects: filters }),
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: options.from,
    ack_policy: AckPolicy.All,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: MAX_UNACKNOWLEDGED,
  };
}

function isOlderThan({ name: own, deleteOthersWithPrefix: prefix }: ConsumeOptions): (name: string) => boolean {
  const epochOf = (name: string) => Number(name.slice(prefix.length));
  return (name) => name.startsWith(prefix) && epochOf(name) < epochOf(own);
}
