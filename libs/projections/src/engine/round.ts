import { partitionOf, type RecordedEvent, type Room } from '#domain';
import { type DeadLetter, decodeRecord, type LogRecord } from '#event-store';
import {
  type CollectionDefinition,
  type Document,
  type DocumentStore,
  gapCollection,
  type GapDocument,
  gapId,
  type Write,
} from '#read-models';
import { type Need, type Projection, UnfoldableEvent, type View } from '../projection.js';

/** A head in memory: `known` to be in the store in some version, `dirty` until its last version is. */
export interface CachedHead {
  readonly document: Document;
  readonly known: boolean;
  readonly dirty: boolean;
}

/** The heads in memory, by `_id`. */
export interface Heads {
  get(id: string): CachedHead | undefined;
}

/** What a round of records comes to. Nothing of it has happened yet: a round can be folded again. */
export interface FoldedRound<Change> {
  /** By collection, without the heads. */
  readonly writes: ReadonlyMap<string, Write[]>;
  /** The partitions for whose records anything was looked for in the store, found or not. */
  readonly readFor: ReadonlySet<number>;
  /** As they are to be kept in memory, once the writes are done. */
  readonly heads: ReadonlyMap<string, CachedHead>;
  /** Of what is traced, with the traceparent that its event was stored with. */
  readonly changes: readonly Change[];
  readonly letters: readonly DeadLetter[];
}

export interface RoundOptions {
  /** Whether a record was set aside before, and stays so although it could be folded by now. */
  readonly isSetAside?: (record: LogRecord) => boolean;
  /** {@link decodeRecord}, by whoever wants to see what was read: it is asked once for each record, in their order. */
  readonly decode?: (record: LogRecord) => RecordedEvent;
}

/** Reads what the records' folds need, all of it at once, and folds them in their order. Writes nothing. */
export async function foldRound<Change>(
  projection: Projection<Change>,
  store: DocumentStore,
  heads: Heads,
  records: readonly LogRecord[],
  { isSetAside = () => false, decode = decodeRecord }: RoundOptions = {},
): Promise<FoldedRound<Change>> {
  const letters: DeadLetter[] = [];
  const gaps: Write[] = [];
  const bury = (record: LogRecord, error: unknown) => {
    const { partition, seq, room } = record;
    if (room !== null) gaps.push({ document: gapIn(room, seq), known: false });
    letters.push({ projection: projection.name, partition, seq, reason: (error as Error).message });
  };
  const view = new RoundView(projection, heads);
  const readFor = new Set<number>();
  const events: { readonly record: LogRecord; readonly event: RecordedEvent }[] = [];
  for (const record of records) {
    try {
      const event = decode(record);
      if (view.want(projection.needs(event))) readFor.add(record.partition);
      events.push({ record, event });
    } catch (error) {
      bury(record, error);
    }
  }
  await view.load(store);
  const changes: Change[] = [];
  for (const { record, event } of events) {
    try {
      const { documents, change } = projection.fold(view, event);
      if (isSetAside(record)) throw new UnfoldableEvent('whoever folded its partition before could not take it in');
      for (const { collection, document } of documents) view.put(collection, document);
      const { traceparent } = record;
      if (change !== null) changes.push(traceparent === undefined ? change : { ...change, traceparent });
    } catch (error) {
      bury(record, error);
    }
  }
  const { writes, heads: changedHeads } = view.result();
  if (gaps.length > 0) writes.set(gapCollection.name, gaps);
  return { writes, readFor, heads: changedHeads, changes, letters };
}

/** The same for documents that one event concerns, of one partition: see `Sweep`. */
export async function foldDocuments<Change>(
  projection: Projection<Change>,
  store: DocumentStore,
  heads: Heads,
  { event, swept, documents }: SweptDocuments,
): Promise<FoldedRound<Change>> {
  const sweep = projection.sweep!;
  const view = new RoundView(projection, heads);
  for (const document of documents) view.want(sweep.needs(event, document));
  view.found(swept, documents);
  await view.load(store);
  const changes: Change[] = [];
  for (const found of documents) {
    const { documents: folded, change } = sweep.fold(view, event, found);
    for (const { collection, document } of folded) view.put(collection, document);
    if (change !== null) changes.push(change);
  }
  const { writes, heads: changedHeads } = view.result();
  return { writes, readFor: new Set([partitionOf(event.room)]), heads: changedHeads, changes, letters: [] };
}

export interface SweptDocuments {
  readonly event: RecordedEvent;
  /** The collection that they are in. */
  readonly swept: string;
  readonly documents: readonly Document[];
}

const gapIn = (room: Room, seq: number): GapDocument => ({ _id: gapId(room, seq), seq, room });

/** The documents of one collection in a round. */
class CollectionView {
  // What is to be read: by `_id`, and by the indexed field.
  private readonly ids = new Set<string>();
  private readonly values = new Set<string>();
  private readonly loaded = new Map<string, Document>();
  private readonly written = new Map<string, Document>();
  private readonly indexed = new Map<string, Document>();

  constructor(
    private readonly name: string,
    private readonly index: string | undefined,
  ) {}

  want(need: Need): void {
    if ('value' in need) this.values.add(need.value);
    else this.ids.add(need.id);
  }

  async loadById(store: DocumentStore): Promise<void> {
    if (this.ids.size > 0) this.found(await store.get(this.name, [...this.ids]));
  }

  async loadByValue(store: DocumentStore): Promise<void> {
    if (this.values.size > 0) this.found(await store.findBy(this.name, this.index!, [...this.values]));
  }

  found(documents: readonly Document[]): void {
    for (const document of documents) this.remember(this.loaded, document);
  }

  get(id: string): Document | undefined {
    return this.written.get(id) ?? this.loaded.get(id);
  }

  find(value: string): Document | undefined {
    return this.indexed.get(value);
  }

  put(document: Document): void {
    this.remember(this.written, document);
  }

  /** The last version of each document, since each is written once. */
  get writes(): Write[] {
    return Array.from(this.written.values(), (document) => ({ document, known: this.loaded.has(document._id) }));
  }

  private remember(into: Map<string, Document>, document: Document): void {
    into.set(document._id, document);
    if (this.index === undefined) return;
    const value = (document as unknown as Record<string, string>)[this.index]!;
    // Nobody looks for another one.
    if (this.values.has(value)) this.indexed.set(value, document);
  }
}

/** The documents of one round: read before it, written by it. */
class RoundView implements View {
  private readonly collections = new Map<string, CollectionView>();
  /** The heads in memory, as they were found: they may be let go of before the round is folded. */
  private readonly inMemory = new Map<string, CachedHead>();

  constructor(
    private readonly projection: Projection<unknown>,
    private readonly heads: Heads,
  ) {}

  /** What a fold will read. @returns whether any of it has to be looked for in the store */
  want(needs: readonly Need[]): boolean {
    const toRead = needs.filter((need) => !this.isInMemory(need));
    for (const need of toRead) this.of(need.collection).want(need);
    return toRead.length > 0;
  }

  async load(store: DocumentStore): Promise<void> {
    // Heads first: one that another worker saves meanwhile would count documents that were read before they were there.
    const heads = this.projection.heads === null ? null : this.of(this.projection.heads);
    await heads?.loadById(store);
    await Promise.all(
      [...this.collections.values()].flatMap((view) => [
        ...(view === heads ? [] : [view.loadById(store)]),
        view.loadByValue(store),
      ]),
    );
  }

  /** What was read already. */
  found(collection: string, documents: readonly Document[]): void {
    this.of(collection).found(documents);
  }

  get(collection: string, id: string): Document | null {
    const document = this.collections.get(collection)?.get(id);
    if (document) return document;
    return collection === this.projection.heads ? (this.inMemory.get(id)?.document ?? null) : null;
  }

  find(collection: string, value: string): Document | null {
    return this.collections.get(collection)?.find(value) ?? null;
  }

  put(collection: string, document: Document): void {
    this.of(collection).put(document);
  }

  result(): { writes: Map<string, Write[]>; heads: Map<string, CachedHead> } {
    const writes = new Map<string, Write[]>();
    const heads = new Map<string, CachedHead>();
    for (const [name, { writes: written }] of this.collections) {
      if (name !== this.projection.heads) {
        if (written.length > 0) writes.set(name, written);
        continue;
      }
      for (const { document, known } of written) {
        const { _id: id } = document;
        heads.set(id, { document, known: this.inMemory.get(id)?.known ?? known, dirty: true });
      }
    }
    return { writes, heads };
  }

  /** Whether it is, and so need not be read; it is kept then. */
  private isInMemory(need: Need): boolean {
    if (need.collection !== this.projection.heads || !('id' in need)) return false;
    if (this.inMemory.has(need.id)) return true;
    const head = this.heads.get(need.id);
    if (head) this.inMemory.set(need.id, head);
    return head !== undefined;
  }

  private of(name: string): CollectionView {
    let view = this.collections.get(name);
    if (!view) {
      const collections: readonly CollectionDefinition[] = this.projection.collections;
      view = new CollectionView(name, collections.find((each) => each.name === name)?.index);
      this.collections.set(name, view);
    }
    return view;
  }
}
