import { nuid } from '@nats-io/transport-node';
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import type { Kind } from '#domain';
import type { Connection } from './connection.js';
import { makeConsumer, removeConsumer } from './consumers.js';
import type { Subjects } from './subjects.js';

/** The records of a partition from a sequence on, of some kinds or of all. */
export interface BacklogPart {
  readonly partition: number;
  readonly kinds?: readonly Kind[];
  readonly from: number;
}

const GONE_AFTER_MS = 5_000;

/** What somebody who stands at a sequence has yet to read, whether there is a consumer for it or not. */
export class Backlog {
  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
  ) {}

  /** How many records. A consumer that reads nothing is how the server counts them. @throws LogUnavailable */
  async count({ partition, kinds, from }: BacklogPart): Promise<number> {
    const name = `count-${nuid.next()}`;
    const config = {
      name,
      filter_subjects: this.subjects.ofPartition(partition, kinds),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      ack_policy: AckPolicy.None,
    };
    const { num_pending } = await makeConsumer(this.connection, this.stream, config, GONE_AFTER_MS);
    // Best effort: one that stays is deleted by the server.
    await removeConsumer(this.connection, this.stream, name).catch(() => undefined);
    return num_pending;
  }

  /** When the oldest of them was stored, in ms by the log's clock; null where there is none. @throws LogUnavailable */
  async oldestAt({ partition, kinds, from }: BacklogPart): Promise<number | null> {
    const { streams } = this.connection.jetstream;
    const oldest = await Promise.all(
      this.subjects.ofPartition(partition, kinds).map((subject) => {
        const query = { seq: from, next_by_subj: subject };
        return this.connection.answerOfStream(this.stream, () => streams.getMessage(this.stream, query));
      }),
    );
    const times = oldest.flatMap((message) => (message ? [message.time.getTime()] : []));
    return times.length === 0 ? null : Math.min(...times);
  }
}
