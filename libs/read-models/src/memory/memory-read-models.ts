import type {
  Document,
  Checkpoint,
  Checkpoints,
  CheckpointSave,
  CollectionDefinition,
  DocumentStore,
  Highest,
  Range,
  ReadModels,
  Write,
} from '../store.js';
import { type VersionRegistry, type Versions, versionName } from '../versions.js';
import { SortedIds } from './sorted-ids.js';

/** Read models in this process's memory: gone with it, rebuilt from the log at its next start. */
export function memoryReadModels(): ReadModels {
  const stores = new Map<string, MemoryStore>();
  const checkpoints = new MemoryCheckpoints();
  return {
    shared: false,
    checkpoints,
    versions: new MemoryVersions(),
    projection: (name, version) => {
      const key = versionName(name, version);
      let store = stores.get(key);
      if (!store) stores.set(key, (store = new MemoryStore()));
      return store;
    },
    remove: (name, version) => {
      checkpoints.remove(`${versionName(name, version)}:`);
      stores.get(versionName(name, version))?.clear();
      return Promise.resolve();
    },
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** What is found by one field: value → the `_id` or `_id`s. Nearly always there is one: a set for each would be most of it. */
class MemoryIndex {
  private readonly ids = new Map<string, string | Set<string>>();

  constructor(private readonly field: string) {}

  move(before: Document | undefined, after: Document): void {
    const [old, now] = [before ? this.valuesOf(before) : [], this.valuesOf(after)];
    for (const value of old) if (!now.includes(value)) this.unlist(value, after._id);
    for (const value of now) if (!old.includes(value)) this.list(value, after._id);
  }

  /** In any order. */
  having(value: string): string[] {
    const ids = this.ids.get(value) ?? [];
    return typeof ids === 'string' ? [ids] : [...ids];
  }

  private valuesOf(document: Document): readonly string[] {
    const value = (document as unknown as Record<string, string | readonly string[] | null | undefined>)[this.field];
    if (value === null || value === undefined) return [];
    return typeof value === 'string' ? [value] : value;
  }

  private list(value: string, id: string): void {
    const ids = this.ids.get(value);
    if (ids === undefined) this.ids.set(value, id);
    else if (typeof ids === 'string') this.ids.set(value, new Set([ids, id]));
    else ids.add(id);
  }

  private unlist(value: string, id: string): void {
    const ids = this.ids.get(value);
    if (ids instanceof Set && ids.size > 1) ids.delete(id);
    else this.ids.delete(value);
  }
}

class MemoryCollection {
  readonly documents = new Map<string, Document>();
  // What nobody has asked by so far costs nothing: neither the order of the `_id`s nor any field.
  private ids: SortedIds | null = null;
  private readonly indexes = new Map<string, MemoryIndex>();

  /** @param fields those that it may be asked by */
  constructor(
    readonly fields: readonly string[],
    documents: Iterable<Document> = [],
  ) {
    for (const document of documents) this.put(document);
  }

  put(document: Document): void {
    const stored = this.documents.get(document._id);
    if (stored && stored.seq >= document.seq) return;
    this.documents.set(document._id, document);
    if (!stored) this.ids?.add(document._id);
    for (const index of this.indexes.values()) index.move(stored, document);
  }

  /** Whether it can be asked by this field: as on a server, what is empty can be by any. */
  isAskedBy(field: string): boolean {
    return this.fields.includes(field) || this.documents.size === 0;
  }

  /** The `_id`s of the documents whose indexed field has this value, in any order. */
  having(field: string, value: string): string[] {
    return this.indexOn(field).having(value);
  }

  private indexOn(field: string): MemoryIndex {
    let index = this.indexes.get(field);
    if (!index) {
      this.indexes.set(field, (index = new MemoryIndex(field)));
      for (const document of this.documents.values()) index.move(undefined, document);
    }
    return index;
  }

  inOrder({ from, to, descending, having }: Omit<Range, 'limit'>): Iterable<string> {
    if (!having) {
      this.ids ??= new SortedIds(this.documents.keys());
      return descending ? this.ids.descending(from, to) : this.ids.ascending(from, to);
    }
    const ids = this.having(having.field, having.value).filter((id) => id >= from && id < to);
    ids.sort();
    return descending ? ids.reverse() : ids;
  }
}

const noIndex = (collection: string, field: string): Promise<never> =>
  Promise.reject(new Error(`${collection} has no index on ${field}`));

class MemoryStore implements DocumentStore {
  private readonly collections = new Map<string, MemoryCollection>();

  setUp(collections: readonly CollectionDefinition[]): Promise<void> {
    for (const { name, index, list } of collections) {
      const known = this.collections.get(name);
      const fields = [index, list].filter((field) => field !== undefined);
      if (known && fields.every((field) => known.fields.includes(field))) continue;
      const all = [...new Set([...(known?.fields ?? []), ...fields])];
      this.collections.set(name, new MemoryCollection(all, known?.documents.values()));
    }
    return Promise.resolve();
  }

  get<D extends Document>(collection: string, ids: readonly string[]): Promise<D[]> {
    const { documents } = this.collection(collection);
    return Promise.resolve(pick<D>(documents, new Set(ids)));
  }

  findBy<D extends Document>(collection: string, field: string, values: readonly string[]): Promise<D[]> {
    const asked = this.collection(collection);
    if (!asked.isAskedBy(field)) return noIndex(collection, field);
    const ids = [...new Set(values)].flatMap((value) => asked.having(field, value));
    return Promise.resolve(pick<D>(asked.documents, ids));
  }

  range<D extends Document>(collection: string, range: Range): Promise<D[]> {
    const asked = this.collection(collection);
    const { having } = range;
    if (having && !asked.isAskedBy(having.field)) return noIndex(collection, having.field);
    const found: D[] = [];
    for (const id of asked.inOrder(range)) {
      found.push(asked.documents.get(id) as D);
      if (found.length >= range.limit) break;
    }
    return Promise.resolve(found);
  }

  async highest<D extends Document>(
    collection: string,
    { from, to, limit, by, below = Infinity, above = -Infinity }: Highest,
  ): Promise<D[]> {
    const value = (document: Document) => (document as unknown as Record<string, number>)[by]!;
    const found = await this.range<D>(collection, { from, to, limit: Infinity });
    return found
      .filter((document) => value(document) < below && value(document) > above)
      .sort((a, b) => value(b) - value(a))
      .slice(0, limit);
  }

  write(collection: string, writes: readonly Write[]): Promise<void> {
    const target = this.collection(collection);
    this.collections.set(collection, target);
    for (const { document } of writes) target.put(document);
    return Promise.resolve();
  }

  clear(): void {
    this.collections.clear();
  }

  /** A collection that was not set up reads as empty, as it does on a server. */
  private collection(name: string): MemoryCollection {
    return this.collections.get(name) ?? new MemoryCollection([]);
  }
}

function pick<D extends Document>(documents: ReadonlyMap<string, Document>, ids: Iterable<string>): D[] {
  const found: D[] = [];
  for (const id of ids) {
    const document = documents.get(id);
    if (document) found.push(document as D);
  }
  return found;
}

class MemoryCheckpoints implements Checkpoints {
  private readonly checkpoints = new Map<string, Checkpoint>();

  claim(id: string, owner: string): Promise<Checkpoint> {
    const { seq, eventId, epoch } = this.checkpoints.get(id) ?? { seq: 0, eventId: '', epoch: Date.now() };
    const claimed = { seq, eventId, epoch: epoch + 1, owner };
    this.checkpoints.set(id, claimed);
    return Promise.resolve(claimed);
  }

  read(ids: readonly string[]): Promise<ReadonlyMap<string, Checkpoint>> {
    const found = ids.flatMap((id) => {
      const checkpoint = this.checkpoints.get(id);
      return checkpoint ? [[id, checkpoint] as const] : [];
    });
    return Promise.resolve(new Map(found));
  }

  save(saves: readonly CheckpointSave[]): Promise<string[]> {
    const fenced: string[] = [];
    for (const { id, epoch, seq, eventId } of saves) {
      const stored = this.checkpoints.get(id);
      if (stored?.epoch === epoch) this.checkpoints.set(id, { ...stored, seq, eventId });
      else fenced.push(id);
    }
    return Promise.resolve(fenced);
  }
  /** Those whose names begin so. */
  remove(prefix: string): void {
    for (const id of this.checkpoints.keys()) if (id.startsWith(prefix)) this.checkpoints.delete(id);
  }
}

class MemoryVersions implements VersionRegistry {
  private readonly versions = new Map<string, Versions>();

  read(projection: string): Promise<Versions | null> {
    return Promise.resolve(this.versions.get(projection) ?? null);
  }

  replace(projection: string, to: Versions): Promise<boolean> {
    const { begun, revision } = this.versions.get(projection) ?? { begun: to.begun, revision: 0 };
    const isNext = begun === to.begun && revision === to.revision - 1;
    if (isNext) this.versions.set(projection, to);
    return Promise.resolve(isNext);
  }
}
