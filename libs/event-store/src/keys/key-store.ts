import { headers } from '@nats-io/transport-node';
import { DiscardPolicy, RetentionPolicy, StorageType, type StoredMsg, type StreamConfig } from '@nats-io/jetstream';
import { type Connection, isMissing } from '../connection.js';
import type { Publisher } from '../publisher.js';
import type { Subjects } from '../subjects.js';
import type { WrappedKey } from './master-keys.js';

export const keyStream = (stream: string): string => `${stream}_KEYS`;

/**
 * One subject a person. Of a subject there is one message, but for the moment in which it is wrapped anew: the older one
 * is deleted then, not displaced by the newer one, since only a deletion overwrites what is on the disk.
 */
export const keyStreamConfig = (stream: string, subjects: Subjects): Partial<StreamConfig> & { name: string } => ({
  name: keyStream(stream),
  subjects: [subjects.keys],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.New,
  max_age: 0,
  max_msgs_per_subject: -1,
  deny_purge: true,
});

/** A key where it is stored. */
export interface StoredKey extends WrappedKey {
  readonly seq: number;
}

/** The stream of people's keys. */
export class KeyStore {
  private readonly name: string;

  constructor(
    private readonly connection: Connection,
    private readonly publisher: Publisher,
    stream: string,
    private readonly subjects: Subjects,
  ) {
    this.name = keyStream(stream);
  }

  /** @throws LogUnavailable */
  async read(userId: string, deadline?: number): Promise<StoredKey | null> {
    const { streams } = this.connection.jetstream;
    const query = { last_by_subj: this.subjects.keyOf(userId) };
    const message = await this.connection.answerOfStream(
      this.name,
      () => streams.getMessage(this.name, query),
      deadline,
    );
    return message && storedKey(message);
  }

  /** Stores the key of a person who has none; `conflict` where they have one by now. @throws LogUnavailable, OutcomeUnknown */
  async create(userId: string, key: WrappedKey, deadline?: number): Promise<'stored' | 'conflict'> {
    const expected = headers();
    expected.set('Nats-Expected-Last-Subject-Sequence', '0');
    const subject = this.subjects.keyOf(userId);
    const outcome = await this.publisher.publish(subject, JSON.stringify(key), expected, deadline);
    return outcome === 'conflict' ? 'conflict' : 'stored';
  }

  /**
   * Puts the same key, wrapped anew, in the place of the stored one. Where somebody was quicker, or it was deleted, what
   * is there is left as it is.
   * @throws LogUnavailable, OutcomeUnknown
   */
  async replace(userId: string, stored: StoredKey, key: WrappedKey): Promise<void> {
    const expected = headers();
    expected.set('Nats-Expected-Last-Subject-Sequence', String(stored.seq));
    await this.publisher.publish(this.subjects.keyOf(userId), JSON.stringify(key), expected);
    let older: StoredKey | null = null;
    for await (const there of this.of(this.subjects.keyOf(userId))) {
      if (older) await this.remove(older.seq);
      older = there;
    }
  }

  /** Deletes a key, however often it is there, and has it overwritten where it was. @throws LogUnavailable */
  async delete(userId: string, keyId: string): Promise<void> {
    for await (const { id, seq } of this.of(this.subjects.keyOf(userId))) if (id === keyId) await this.remove(seq);
  }

  /** All keys, in the order they were stored. @throws LogUnavailable */
  all(): AsyncGenerator<StoredKey, void> {
    return this.of(this.subjects.keys);
  }

  /** How many people have one. @throws LogUnavailable */
  async count(): Promise<number> {
    const { streams } = this.connection.jetstream;
    const { state } = await this.connection.answerOfStream(this.name, () => streams.info(this.name));
    return state.messages;
  }

  private async *of(subject: string): AsyncGenerator<StoredKey, void> {
    const { streams } = this.connection.jetstream;
    for (let next = 1; ;) {
      const query = { seq: next, next_by_subj: subject };
      const message = await this.connection.answerOfStream(this.name, () => streams.getMessage(this.name, query));
      if (!message) return;
      next = message.seq + 1;
      yield storedKey(message);
    }
  }

  /** Somebody else may be about to do the same. */
  private async remove(seq: number): Promise<void> {
    const { streams } = this.connection.jetstream;
    try {
      await this.connection.answerOfStream(this.name, () => streams.deleteMessage(this.name, seq, true));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

const storedKey = (message: StoredMsg): StoredKey => ({ ...message.json<WrappedKey>(), seq: message.seq });
