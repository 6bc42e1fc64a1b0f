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
  const needs: Need[] = [];
  const readFor = new Set<number>();
  const known = new KnownHeads(projection, heads);
  const events: { readonly record: LogRecord; readonly event: RecordedEvent }[] = [];
  for (const record of records) {
    try {
      const event = decode(record);
      const unknown = projection.needs(event).filter((need) => !known.has(need));
      needs.push(...unknown);
      if (unknown.length > 0) readFor.add(record.partition);
      events.push({ record, event });
    } catch (error) {
      bury(record, error);
    }
  }
  const view = new RoundView(projection, known);
  await view.load(store, needs);
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
  const known = new KnownHeads(projection, heads);
  const view = new RoundView(projection, known);
  view.found(swept, documents);
  const needs = documents.flatMap((document) => sweep.needs(event, document));
  await view.load(
    store,
    needs.filter((need) => !known.has(need)),
  );
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

/** The heads in memory that a round relies on, as they were: their partition may be let go of before it is folded. */
class KnownHeads implements Heads {
  private readonly found = new Map<string, CachedHead>();

  constructor(
    private readonly projection: Pick<Projection<never>, 'heads'>,
    private readonly heads: Heads,
  ) {}

  /** Whether it need not be read. */
  has(need: Need): boolean {
    if (need.collection !== this.projection.heads || !('id' in need)) return false;
    if (this.found.has(need.id)) return true;
    const head = this.heads.get(need.id);
    if (head) this.found.set(need.id, head);
    return head !== undefined;
  }

  get(id: string): CachedHead | undefined {
    return this.found.get(id);
  }
}

const gapIn = (room: Room, seq: number): GapDocument => ({ _id: gapId(room, seq), seq, room });

/** The documents of one round: read before it, written by it. */
class RoundView implements View {
  private readonly loaded = new Map<string, Map<string, Document>>();
  private readonly written = new Map<string, Map<string, Document>>();
  private readonly indexed = new Map<string, Map<string, Document>>();
  private readonly fields: ReadonlyMap<string, string>;

  constructor(
    private readonly projection: Projection<unknown>,
    private readonly heads: Heads,
  ) {
    const collections: readonly CollectionDefinition[] = projection.collections;
    this.fields = new Map(collections.flatMap(({ name, index }) => (index === undefined ? [] : [[name, index]])));
  }

  async load(store: DocumentStore, needs: readonly Need[]): Promise<void> {
    const ids = new Map<string, Set<string>>();
    const values = new Map<string, Set<string>>();
    for (const need of needs) {
      if ('value' in need) entry(values, need.collection, () => new Set()).add(need.value);
      else entry(ids, need.collection, () => new Set()).add(need.id);
    }
    // Heads first: one that another worker saves meanwhile would count documents that were read before they were there.
    const { heads } = this.projection;
    const unknown = heads === null ? undefined : ids.get(heads);
    if (heads !== null && unknown) {
      ids.delete(heads);
      await this.loadById(store, heads, unknown);
    }
    await Promise.all([
      ...[...ids].map(([collection, wanted]) => this.loadById(store, collection, wanted)),
      ...[...values].map(async ([collection, wanted]) => {
        const found = await store.findBy(collection, this.fields.get(collection)!, [...wanted]);
        for (const document of found) this.remember(this.loaded, collection, document);
      }),
    ]);
  }

  private async loadById(store: DocumentStore, collection: string, ids: ReadonlySet<string>): Promise<void> {
    for (const document of await store.get(collection, [...ids])) this.remember(this.loaded, collection, document);
  }

  /** What was read already. */
  found(collection: string, documents: readonly Document[]): void {
    for (const document of documents) this.remember(this.loaded, collection, document);
  }

  get(collection: string, id: string): Document | null {
    const document = this.written.get(collection)?.get(id) ?? this.loaded.get(collection)?.get(id);
    if (document) return document;
    return collection === this.projection.heads ? (this.heads.get(id)?.document ?? null) : null;
  }

  find(collection: string, value: string): Document | null {
    return this.indexed.get(collection)?.get(value) ?? null;
  }

  put(collection: string, document: Document): void {
    this.remember(this.written, collection, document);
  }

  /** The last version of each document, since each is written once. */
  result(): { writes: Map<string, Write[]>; heads: Map<string, CachedHead> } {
    const writes = new Map<string, Write[]>();
    for (const [collection, documents] of this.written) {
      if (collection === this.projection.heads) continue;
      const loaded = this.loaded.get(collection);
      writes.set(
        collection,
        [...documents.values()].map((document) => ({ document, known: loaded?.has(document._id) ?? false })),
      );
    }
    return { writes, heads: this.changedHeads() };
  }

  private changedHeads(): Map<string, CachedHead> {
    const changed = new Map<string, CachedHead>();
    const { heads } = this.projection;
    if (heads === null) return changed;
    for (const [id, document] of this.written.get(heads) ?? []) {
      const known = this.heads.get(id)?.known ?? this.loaded.get(heads)?.has(id) ?? false;
      changed.set(id, { document, known, dirty: true });
    }
    return changed;
  }

  private remember(into: Map<string, Map<string, Document>>, collection: string, document: Document): void {
    entry(into, collection, () => new Map<string, Document>()).set(document._id, document);
    const field = this.fields.get(collection);
    if (field === undefined) return;
    const value = (document as unknown as Record<string, string>)[field]!;
    entry(this.indexed, collection, () => new Map<string, Document>()).set(value, document);
  }
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
