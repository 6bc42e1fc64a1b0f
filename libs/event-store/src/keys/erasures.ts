import { decodeEvent, PARTITIONS, type Room, roomKind, UnreadableEvent, type UserErased } from '#domain';
import type { LogRecord } from '../log-record.js';
import { KEY_ID, personOfKey } from './key-id.js';

/** Reads the records that say who was erased. */
export interface ErasureReader {
  /** From a sequence on, to the end of the log. @throws LogUnavailable */
  read(from: number): AsyncIterable<LogRecord>;
}

/**
 * Who was erased, by the log. It is read before anything that could be theirs: whether a text is shown never depends on
 * whether its key is still there. Within a partition the same comes by itself, in the order of the log.
 */
export class Erasures {
  /** The keys whose texts are nobody's to read any more. */
  readonly #keys = new Set<string>();
  /** Of each person the last sequence, by partition, up to which what they said is erased; 0 for none. */
  readonly #until = new Map<string, number[]>();
  /** Of each person the last event in their own room, with which it began. */
  readonly #fences = new Map<string, UserErased & { readonly seq: number }>();
  #readTo = 0;
  #reading: Promise<void> | null = null;

  constructor(private readonly reader: ErasureReader) {}

  /** Whether anybody was. */
  get any(): boolean {
    return this.#until.size > 0;
  }

  /** Takes in what the log has by now. @throws LogUnavailable */
  async refresh(): Promise<void> {
    // What is read already may have missed what came meanwhile.
    if (this.#reading) await this.#reading.catch(() => undefined);
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    await this.#reading;
  }

  /** Takes in a record that came in the order of its partition. */
  add(record: LogRecord): void {
    const erased = erasureIn(record);
    if (!erased) return;
    const { userId, keyId, room } = erased;
    if (keyId !== null) this.#keys.add(keyId);
    const until = this.#until.get(userId) ?? new Array<number>(PARTITIONS).fill(0);
    this.#until.set(userId, until);
    if (roomKind(room) === 'user') this.#fences.set(userId, { ...erased, seq: record.seq });
    if (roomKind(room) === 'partition') until[record.partition] = Math.max(until[record.partition]!, record.seq);
  }

  get fences(): UserErased[] {
    return [...this.#fences.values()];
  }

  /** Whether the last erasure of a person came to every partition. */
  isWhole(userId: string): boolean {
    const fence = this.#fences.get(userId);
    return this.#until.get(userId)?.every((seq) => seq > (fence?.seq ?? 0)) ?? false;
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
    const { keyId = '' } = record;
    return this.#keys.has(keyId) || (KEY_ID.test(keyId) && this.covers(personOfKey(keyId), record));
  }

  /** Whether what a person said at this place is erased. */
  covers(userId: string, { partition, seq }: Pick<LogRecord, 'partition' | 'seq'>): boolean {
    return seq < (this.#until.get(userId)?.[partition] ?? 0);
  }

  async #read(): Promise<void> {
    for await (const record of this.reader.read(this.#readTo + 1)) {
      this.add(record);
      this.#readTo = record.seq;
    }
  }
}

/** One that cannot be read is a dead letter of whoever folds it. */
function erasureIn(record: LogRecord): (UserErased & { readonly room: Room }) | null {
  const { type, version, room, body, seq } = record;
  if (type !== 'UserErased' || room === null) return null;
  try {
    return decodeEvent({ type, version, room, body }, seq) as UserErased;
  } catch (error) {
    if (error instanceof UnreadableEvent) return null;
    throw error;
  }
}
