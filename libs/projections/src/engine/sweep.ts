import { type RecordedEvent, roomKind, UnreadableEvent } from '#domain';
import { decodeRecord, type LogRecord } from '#event-store';
import type { DocumentStore } from '#read-models';
import type { Projection, Swept } from '../projection.js';
import { type FoldedRound, foldDocuments, type Heads } from './round.js';

/** Documents folded at a time: so that other partitions go on in between. */
export const SWEPT_TOGETHER = 100;

/** Above every `_id`, which are ASCII. */
const END = '\uffff';

/** Whether a record may have documents swept; without a look into it, since this is asked of every record. */
export const maySweep = ({ sweep }: Pick<Projection<unknown>, 'sweep'>, { type, room }: LogRecord): boolean =>
  sweep !== null && type === 'UserErased' && room !== null && roomKind(room) === 'partition';

/** The sweep of one event, carried out a page at a time. */
export class SweepInHand<Change> {
  /** Where the next page begins; null once there is none. */
  #from: string | null = '';

  private constructor(
    private readonly projection: Projection<Change>,
    readonly record: LogRecord,
    private readonly event: RecordedEvent,
    private readonly swept: Swept,
  ) {}

  /** Null for a record that is folded like any other. */
  static of<Change>(projection: Projection<Change>, record: LogRecord): SweepInHand<Change> | null {
    if (!maySweep(projection, record)) return null;
    try {
      const event = decodeRecord(record);
      const swept = projection.sweep!.of(event);
      return swept && new SweepInHand(projection, record, event, swept);
    } catch (error) {
      // A dead letter, as soon as it is folded.
      if (error instanceof UnreadableEvent) return null;
      throw error;
    }
  }

  get isOver(): boolean {
    return this.#from === null;
  }

  /** Folds the next page. Writes nothing, and is asked for the same page until {@link isWritten}. */
  async page(store: DocumentStore, heads: Heads, size = SWEPT_TOGETHER): Promise<SweptPage<Change>> {
    const { collection, value } = this.swept;
    const field = this.projection.collections.find(({ name }) => name === collection)!.list!;
    const range = { from: this.#from ?? END, to: END, limit: size, having: { field, value } };
    const documents = await store.range(collection, range);
    const { event } = this;
    const round = await foldDocuments(this.projection, store, heads, { event, swept: collection, documents });
    return { ...round, next: documents.length < size ? null : `${documents.at(-1)!._id}\0` };
  }

  isWritten({ next }: SweptPage<Change>): void {
    this.#from = next;
  }
}

export interface SweptPage<Change> extends FoldedRound<Change> {
  /** Where the page after it begins; null where there is none. */
  readonly next: string | null;
}
