import { type RecordedEvent, type Room, roomKind, UnreadableEvent } from '#domain';
import { decodeRecord, type LogRecord } from '#event-store';
import { ABOVE_ALL, type DocumentStore, endOf, type Range } from '#read-models';
import type { Projection, Swept, SweptDocument } from '../projection.js';
import { type CachedHead, type FoldedRound, foldDocuments, type Heads } from './round.js';

/** Documents folded at a time: so few that those who wait for the rest of a round do not notice. */
export const SWEPT_TOGETHER = 25;
/** Documents looked at together to find the rooms: the rest of the last one's is passed over. */
const LISTED_TOGETHER = 16;

/** Whether a record may have documents swept; without a look into it, since this is asked of every record. */
export const maySweep = ({ sweep }: Pick<Projection<unknown>, 'sweep'>, { type, room }: LogRecord): boolean =>
  sweep !== null && type === 'UserErased' && room !== null && roomKind(room) === 'partition';

/**
 * The sweep of one event, carried out a page at a time. Nothing more is folded of a room in which it has documents until
 * they are done and the room's head is saved, by which whoever carries on an interrupted sweep leaves that room out. So
 * the rooms are done in any order, and every other room is folded on meanwhile.
 */
export class SweepInHand<Change> {
  /** The rooms that are not done, in the order of `_id`, and where the next page of each begins; null until it began. */
  #ahead: Map<string, string> | null = null;

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

  get hasBegun(): boolean {
    return this.#ahead !== null;
  }

  get isOver(): boolean {
    return this.#ahead?.size === 0;
  }

  /** Whether nothing more may be folded of a room yet; as long as its rooms are not known, of none. */
  isAheadIn(room: Room | null): boolean {
    return this.#ahead === null || (room !== null && this.#ahead.has(room));
  }

  /** Whether a record is folded only once this is further: one of a room ahead, and a further one that sweeps. */
  holds(record: LogRecord): boolean {
    return this.isAheadIn(record.room) || maySweep(this.projection, record);
  }

  /**
   * Finds its rooms, and answers those of their heads that are in the store only. They are to be kept until the sweep is
   * over: a head that was read later may count documents that were read before they were changed.
   */
  async begin(store: DocumentStore, heads: Heads): Promise<ReadonlyMap<string, CachedHead>> {
    const rooms = await this.rooms(store);
    const inStore = rooms.filter((room) => heads.get(room) === undefined);
    const found = await store.get(this.projection.heads!, inStore);
    const stored = new Map(found.map((document) => [document._id, { document, known: true, dirty: false }]));
    const isDone = (room: string) => ((heads.get(room) ?? stored.get(room))?.document.seq ?? 0) >= this.event.seq;
    this.#ahead = new Map(rooms.filter((room) => !isDone(room)).map((room) => [room, beginningOf(room)]));
    return stored;
  }

  private async rooms(store: DocumentStore): Promise<string[]> {
    const rooms: string[] = [];
    for (let from = ''; ;) {
      const found = await this.documents(store, { from, to: ABOVE_ALL, limit: LISTED_TOGETHER, fields: ['room'] });
      for (const { room } of found) if (room !== rooms.at(-1)) rooms.push(room);
      if (found.length < LISTED_TOGETHER) return rooms;
      from = endOf(rooms.at(-1)!);
    }
  }

  /**
   * Folds the next page: of a room, or where none is named of as many as it has place for. Writes nothing, and is asked
   * for the same page until {@link isWritten}.
   */
  async page(store: DocumentStore, heads: Heads, room: Room | null, size = SWEPT_TOGETHER): Promise<SweptPage<Change>> {
    const ahead = this.#ahead!;
    const [first] = room === null ? ahead.keys() : [room];
    const range = { from: ahead.get(first!)!, to: room === null ? ABOVE_ALL : endOf(room), limit: size };
    const found = await this.documents(store, range);
    const documents = found.filter((document) => document._id >= (ahead.get(document.room) ?? ABOVE_ALL));
    const { event } = this;
    const round = await foldDocuments(this.projection, store, heads, {
      ...{ event, swept: this.swept.collection, documents },
    });
    const last = found.length < size ? null : found.at(-1)!;
    const done = (room === null ? [...ahead.keys()] : [room]).filter(
      (each) => last === null || endOf(each) <= last._id,
    );
    return { ...round, done, last };
  }

  private documents(store: DocumentStore, range: Omit<Range, 'having'>): Promise<SweptDocument[]> {
    const { collection, value } = this.swept;
    const field = this.projection.collections.find(({ name }) => name === collection)!.list!;
    return store.range(collection, { ...range, having: { field, value } });
  }

  /** The heads of the rooms that are done are saved too. */
  isWritten({ done, last }: SweptPage<Change>): void {
    for (const room of done) this.#ahead!.delete(room);
    if (last && this.#ahead!.has(last.room)) this.#ahead!.set(last.room, `${last._id}\0`);
  }
}

const beginningOf = (room: string): string => `${room}:`;

export interface SweptPage<Change> extends FoldedRound<Change> {
  /** The rooms that have nothing more to be swept. */
  readonly done: readonly string[];
  /** The last document that was looked at; null where there are no more. */
  readonly last: SweptDocument | null;
}
