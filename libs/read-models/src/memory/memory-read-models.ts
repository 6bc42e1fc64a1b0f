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

class MemoryCollection {
  readonly documents = new Map<string, Document>();
  readonly ids = new SortedIds();
  /** Value of the indexed field → the `_id` or `_id`s. Such a field never changes once a document is there. */
  readonly index = new Map<string, string | string[]>();

  constructor(readonly field: string | undefined) {}

  put(document: Document): void {
    const stored = this.documents.get(document._id);
    if (stored && stored.seq >= document.seq) return;
    this.documents.set(document._id, document);
    if (stored) return;
    this.ids.add(document._id);
    if (this.field === undefined) return;
    const value = fieldOf(document, this.field);
    const ids = this.index.get(value);
    // Nearly always there is one, and a list for each would be most of the index.
    if (ids === undefined) this.index.set(value, document._id);
    else if (typeof ids === 'string') this.index.set(value, [ids, document._id]);
    else ids.push(document._id);
  }
}

const fieldOf = (document: Document, field: string): string => (document as unknown as Record<string, string>)[field]!;

class MemoryStore implements DocumentStore {
  private readonly collections = new Map<string, MemoryCollection>();

  setUp(collections: readonly CollectionDefinition[]): Promise<void> {
    for (const { name, index } of collections) {
      if (!this.collections.has(name)) this.collections.set(name, new MemoryCollection(index));
    }
    return Promise.resolve();
  }

  get<D extends Document>(collection: string, ids: readonly string[]): Promise<D[]> {
    const { documents } = this.collection(collection);
    return Promise.resolve(pick<D>(documents, new Set(ids)));
  }

  findBy<D extends Document>(collection: string, field: string, values: readonly string[]): Promise<D[]> {
    const { documents, index, field: indexed } = this.collection(collection);
    if (documents.size > 0 && field !== indexed) {
      return Promise.reject(new Error(`${collection} has no index on ${field}`));
    }
    return Promise.resolve(
      pick<D>(
        documents,
        [...new Set(values)].flatMap((value) => index.get(value) ?? []),
      ),
    );
  }

  range<D extends Document>(collection: string, range: Range): Promise<D[]> {
    const { documents, ids } = this.collection(collection);
    const found: D[] = [];
    for (const id of range.descending ? ids.descending(range.from, range.to) : ids.ascending(range.from, range.to)) {
      found.push(documents.get(id) as D);
      if (found.length >= range.limit) break;
    }
    return Promise.resolve(found);
  }

  async highest<D extends Document>(collection: string, { from, to, limit, by, below }: Highest): Promise<D[]> {
    const value = (document: Document) => (document as unknown as Record<string, number>)[by]!;
    const found = await this.range<D>(collection, { from, to, limit: Infinity });
    return found
      .filter((document) => value(document) < (below ?? Infinity))
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
    return this.collections.get(name) ?? new MemoryCollection(undefined);
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
