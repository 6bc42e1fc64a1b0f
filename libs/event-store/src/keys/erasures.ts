import { decodeEvent, PARTITIONS, roomKind, UnreadableEvent, type UserErased } from '#domain';
import type { LogRecord } from '../log-record.js';
import type { Fences } from './fences.js';
import { KEY_ID, personOfKey } from './sealed-record.js';

const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

/**
 * Who was erased, by the log. It is read before anything that could be theirs: whether a text is shown never depends on
 * whether its key is still there. Within a partition the same comes by itself, in the order of the log.
 */
export class Erasures {
  /** The keys whose texts are nobody's to read any more. */
  readonly #keys = new Set<string>();
  /** Of each person the last sequence, by partition, up to which what they said is erased; 0 for none. */
  readonly #until = new Map<string, number[]>();
  /** By partition. */
  readonly #readTo = ALL.map(() => 0);
  readonly #reading = ALL.map((): Promise<void> | null => null);

  constructor(private readonly fences: Pick<Fences, 'read'>) {}

  /** Whether anybody was. */
  get any(): boolean {
    return this.#until.size > 0;
  }

  /** Takes in what the log has by now, of one partition or of all. @throws LogUnavailable */
  async refresh(partition?: number): Promise<void> {
    const partitions = partition === undefined ? ALL : [partition];
    await Promise.all(partitions.map((one) => this.#refresh(one)));
  }

  /** Takes in a record that came in the order of its partition. */
  add(record: LogRecord): void {
    const erased = erasureIn(record);
    if (!erased) return;
    const { userId, keyId } = erased;
    if (keyId !== null) this.#keys.add(keyId);
    const until = this.#until.get(userId) ?? ALL.map(() => 0);
    this.#until.set(userId, until);
    until[record.partition] = Math.max(until[record.partition]!, record.seq);
  }

  /** Whether an erasure that began with this event came to every partition. */
  isWhole({ userId, seq }: { readonly userId: string; readonly seq: number }): boolean {
    return this.#until.get(userId)?.every((erased) => erased > seq) ?? false;
  }

  /** Those of whom something may be erased behind this sequence, or is about to be. */
  behind(seq: number): string[] {
    return [...this.#until].flatMap(([userId, until]) =>
      until.some((erased) => erased > seq || erased === 0) ? [userId] : [],
    );
  }

  hasKey(keyId: string): boolean {
    return this.#keys.has(keyId);
  }

  /** Whether what is sealed in a record is erased: by its key, wherever it is, or by its place. */
  concerns(record: LogRecord): boolean {
    if (!this.any) return false;
    const { keyId = '' } = record;
    return this.#keys.has(keyId) || (KEY_ID.test(keyId) && this.covers(personOfKey(keyId), record));
  }

  /** Whether what a person said at this place is erased. */
  covers(userId: string, { partition, seq }: Pick<LogRecord, 'partition' | 'seq'>): boolean {
    return seq < (this.#until.get(userId)?.[partition] ?? 0);
  }

  async #refresh(partition: number): Promise<void> {
    // What is read already may have missed what came meanwhile; that it failed is for whoever began it.
    await this.#reading[partition]?.catch(() => undefined);
    const reading = (this.#reading[partition] ??= this.#read(partition).finally(() => {
      this.#reading[partition] = null;
    }));
    await reading;
  }

  async #read(partition: number): Promise<void> {
    for await (const record of this.fences.read(partition, this.#readTo[partition]! + 1)) {
      this.add(record);
      this.#readTo[partition] = record.seq;
    }
  }
}

/** What is said in the room of a partition. One that cannot be read is a dead letter of whoever folds it. */
function erasureIn(record: LogRecord): UserErased | null {
  const { type, version, room, body, seq } = record;
  if (type !== 'UserErased' || room === null || roomKind(room) !== 'partition') return null;
  try {
    return decodeEvent({ type, version, room, body }, seq) as UserErased;
  } catch (error) {
    if (error instanceof UnreadableEvent) return null;
    throw error;
  }
}
