import type { ConsumerEnd, LogRecord } from '#event-store';
import type { CachedHead } from './round.js';
import type { SweepInHand } from './sweep.js';
import type { RecordSource } from './worker-options.js';

/** Records fetched ahead of the fold, a partition: enough for some rounds, and bounded. */
const MAX_WAITING = 2_000;

/** More heads than this are not kept in memory once they are saved. */
const MAX_HEADS = 5_000;

/** A partition that this worker owns: its consumer, what is fetched of it and not yet folded, and how far it is. */
export class Partition {
  /** The last record that is folded and written. */
  folded: { readonly seq: number; readonly eventId: string };
  /** The sequence that the checkpoint has. */
  saved: number;
  /** Of its rooms: what the fold remembers, ahead of the store between two saves. */
  readonly heads = new Map<string, CachedHead>();

  /** What is swept just now: nothing after it is folded before it is over. */
  sweep: SweepInHand<unknown> | null = null;
  /** The sequence of the last event that was swept for; 0 for none. */
  private sweptSeq = 0;

  private waiting: LogRecord[] = [];
  private resume: (() => void) | null = null;
  private closed = false;

  constructor(
    readonly number: number,
    readonly checkpointId: string,
    readonly epoch: number,
    start: { readonly seq: number; readonly eventId: string },
    readonly consumer: RecordSource,
  ) {
    this.folded = { seq: start.seq, eventId: start.eventId };
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

  /** The heads and the checkpoint are in the store as they are here. */
  savedAll(): void {
    this.saved = this.folded.seq;
    if (this.heads.size > MAX_HEADS) this.heads.clear();
    for (const [id, { document, dirty }] of this.heads) {
      if (dirty) this.heads.set(id, { document, known: true, dirty: false });
    }
  }

  get hasWaiting(): boolean {
    return this.waiting.length > 0 || this.sweep !== null;
  }

  /**
   * Whether what is folded has to be saved before anything else is: before a sweep and after it. Whoever takes the
   * partition over would find other documents else than those that were there at that event.
   */
  isHeldBy(sweeps: (record: LogRecord) => boolean): boolean {
    if (this.folded.seq === this.saved || this.sweep) return false;
    const [next] = this.waiting;
    return this.folded.seq === this.sweptSeq || (next !== undefined && sweeps(next));
  }

  /** What was swept for counts as folded. */
  sweepIsOver(): void {
    const { seq, id } = this.sweep!.record;
    this.sweep = null;
    this.sweptSeq = seq;
    this.folded = { seq, eventId: id };
  }

  /**
   * The next records, at most so many and so many characters of them, at least one where there is one; one that `sweeps`
   * alone.
   */
  take(maxRecords: number, maxCharacters: number, sweeps: (record: LogRecord) => boolean): LogRecord[] {
    let count = 0;
    for (let characters = 0; count < Math.min(this.waiting.length, maxRecords) && characters < maxCharacters; count++) {
      if (sweeps(this.waiting[count]!)) {
        if (count === 0) count = 1;
        break;
      }
      characters += this.waiting[count]!.body.length;
    }
    const taken = this.waiting.splice(0, count);
    if (this.resume && this.waiting.length < MAX_WAITING) {
      this.resume();
      this.resume = null;
    }
    return taken;
  }
}
