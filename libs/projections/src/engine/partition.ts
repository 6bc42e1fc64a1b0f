import { isNewer, type Room } from '#domain';
import type { ConsumerEnd, LogRecord } from '#event-store';
import type { CachedHead } from './round.js';
import type { SweepInHand } from './sweep.js';
import type { RecordSource } from './worker-options.js';

/** Records fetched ahead of the fold, a partition: enough for some rounds, and bounded. */
const MAX_WAITING = 2_000;

/** Of more heads than this, those that are saved are not kept in memory. */
const MAX_HEADS = 5_000;

/** A partition that this worker owns: its consumer, what is fetched of it and not yet folded, and how far it is. */
export class Partition {
  /** The last record up to which all are folded and written. */
  folded: Position;
  /** The sequence that the checkpoint has. */
  saved: number;
  /** Of its rooms: what the fold remembers, ahead of the store between two saves. */
  readonly heads = new Map<string, CachedHead>();

  /** What is swept just now: it does not count as folded before it is over, and so nothing after it does. */
  sweep: SweepInHand<unknown> | null = null;
  /** The last record that is folded; before it some may wait for a sweep. */
  private furthest: Position;

  private waiting: LogRecord[] = [];
  private resume: (() => void) | null = null;
  private closed = false;

  constructor(
    readonly number: number,
    readonly checkpointId: string,
    readonly epoch: number,
    start: Position,
    readonly consumer: RecordSource,
    /** Sequences beyond the start that were set aside by whoever folded it before, without its checkpoint saying so. */
    readonly setAside: ReadonlySet<number> = new Set(),
    private readonly waitsForNewer = true,
  ) {
    this.folded = this.furthest = { seq: start.seq, eventId: start.eventId };
    this.saved = start.seq;
  }

  /** Fetches until the consumer ends, at most a bounded number of records ahead; answers why it ended. */
  async fetch(onRecords: () => void): Promise<ConsumerEnd> {
    for (;;) {
      const records = await this.consumer.next();
      if (typeof records === 'string') return records;
      for (const record of records) this.waiting.push(record);
      onRecords();
      while (this.waiting.length >= MAX_WAITING && !this.closed) {
        await new Promise<void>((resolve) => (this.resume = resolve));
      }
    }
  }

  /**
   * Ends the fetching here; whoever owns the partition next starts at the checkpoint.
   * @param isTaken whether somebody does already, or is about to
   */
  async close(isTaken: boolean): Promise<void> {
    this.closed = true;
    this.resume?.();
    await this.consumer.close(isTaken);
  }

  get dirtyHeads(): CachedHead[] {
    return [...this.heads.values()].filter(({ dirty }) => dirty);
  }

  /** The checkpoint and these heads are in the store; those that were changed meanwhile are not, as they are now. */
  isSaved(seq: number, heads: readonly CachedHead[]): void {
    this.saved = seq;
    for (const saved of heads) {
      const { _id: id } = saved.document;
      const head = this.heads.get(id);
      if (head) this.heads.set(id, { document: head.document, known: true, dirty: head !== saved });
    }
    if (this.heads.size <= MAX_HEADS) return;
    for (const [id, { dirty }] of this.heads) if (!dirty) this.heads.delete(id);
  }

  get hasWaiting(): boolean {
    return this.waiting.length > 0 && this.newer === null;
  }

  /**
   * The record before which it stands still, since only a newer release can read that; null where there is none. What
   * came after it is not folded either: it would get another place than where that release folds it.
   */
  get newer(): LogRecord | null {
    const [next] = this.waiting;
    return next !== undefined && this.isBarrier(next) ? next : null;
  }

  private isBarrier(record: LogRecord): boolean {
    return this.waitsForNewer && isNewer(record);
  }

  /** Whether what is folded has to be saved before anything else is: a sweep begins at what is saved. */
  isHeldBy(sweeps: (record: LogRecord) => boolean): boolean {
    if (this.folded.seq === this.saved || this.sweep) return false;
    const [next] = this.waiting;
    return next !== undefined && sweeps(next);
  }

  /** What was taken last is folded and written. */
  isFolded({ seq, id }: LogRecord): void {
    if (seq > this.furthest.seq) this.furthest = { seq, eventId: id };
    const [next] = this.waiting;
    const isBehind = next !== undefined && next.seq < this.furthest.seq;
    if (!this.sweep && !isBehind) this.folded = this.furthest;
  }

  /** What was swept for counts as folded. */
  sweepIsOver(): void {
    const { record } = this.sweep!;
    this.sweep = null;
    this.isFolded(record);
  }

  /** The room of the first record that waits for the sweep; null where none does. */
  get swept(): Room | null {
    return this.waiting.find(({ room }) => this.sweep?.isAheadIn(room))?.room ?? null;
  }

  /** Whether a record waits for the sweep. */
  get awaitsSweep(): boolean {
    return this.waiting.some((record) => this.sweep?.holds(record));
  }

  /**
   * The next records, at most so many and so many characters of them, at least one where there is one; one that `sweeps`
   * alone. Those of rooms that are being swept are left waiting, and so is everything behind a further one that sweeps,
   * and from one of a newer release on.
   */
  take(maxRecords: number, maxCharacters: number, sweeps: (record: LogRecord) => boolean): LogRecord[] {
    const [taken, left]: [LogRecord[], LogRecord[]] = [[], []];
    let characters = 0;
    for (const record of this.waiting) {
      if (taken.length === maxRecords || characters >= maxCharacters) break;
      if (this.isBarrier(record)) break;
      const isSweeping = sweeps(record);
      if (isSweeping && (this.sweep || taken.length + left.length > 0)) break;
      if (this.sweep?.isAheadIn(record.room)) {
        left.push(record);
      } else {
        taken.push(record);
        characters += record.body.length;
      }
      if (isSweeping) break;
    }
    this.waiting.splice(0, taken.length + left.length, ...left);
    if (this.resume && this.waiting.length < MAX_WAITING) {
      this.resume();
      this.resume = null;
    }
    return taken;
  }
}

/** A place in the log, and what is there. */
interface Position {
  readonly seq: number;
  readonly eventId: string;
}
