import { type Checkpoint, checkpointId, type CheckpointSave, type Document, type Versions } from '#read-models';
import { timeline } from '../../src/index.js';
import type { Broken } from './rules.js';

export type Collection = Map<string, Document>;

/** The documents of one version. */
export class Documents {
  private readonly collections = new Map<string, Collection>();

  collection(name: string): Collection {
    let collection = this.collections.get(name);
    if (!collection) this.collections.set(name, (collection = new Map<string, Document>()));
    return collection;
  }
}

export interface StoreListener {
  readonly fault: (fault: string) => void;
  readonly written: (version: number, collection: string, document: Document) => void;
  readonly replaced: (to: Versions, before: Versions | null) => void;
}

/** The server of the read models, of one projection: each request of a process is a step of the schedule. */
export class FakeStore {
  versions: Versions | null = null;
  emptyings = 0;
  readonly checkpoints = new Map<string, Checkpoint>();
  private readonly documents = new Map<number, Documents>();

  constructor(
    readonly broken: Broken,
    /** The partitions that hold records: only what happens to their checkpoints is of interest. */
    private readonly used: ReadonlySet<number>,
    private readonly listener: StoreListener,
    private readonly now: () => number,
  ) {}

  of(version: number): Documents {
    let documents = this.documents.get(version);
    if (!documents) this.documents.set(version, (documents = new Documents()));
    return documents;
  }

  put(version: number, collection: string, document: Document): void {
    const target = this.of(version).collection(collection);
    const guarded = !(collection === 'heads' ? this.broken.headsUnguarded : this.broken.documentsUnguarded);
    this.listener.written(version, collection, document);
    if (guarded && (target.get(document._id)?.seq ?? 0) >= document.seq) return;
    target.set(document._id, document);
  }

  replace(to: Versions): boolean {
    const before = this.versions;
    const { begun, revision } = before ?? { begun: to.begun, revision: 0 };
    if ((begun !== to.begun || revision !== to.revision - 1) && !this.broken.flipUnguarded) return false;
    this.versions = to;
    this.listener.replaced(to, before);
    return true;
  }

  /** Somebody drops the database. */
  empty(): void {
    this.emptyings++;
    this.versions = null;
    this.documents.clear();
    this.checkpoints.clear();
  }

  remove(version: number): void {
    this.documents.delete(version);
    for (const id of this.checkpoints.keys()) {
      if (id.startsWith(checkpointId(timeline.name, version, 0).slice(0, -1))) this.checkpoints.delete(id);
    }
  }

  isUsed(id: string): boolean {
    return this.used.has(Number(id.slice(id.indexOf(':') + 1)));
  }

  claim(id: string, owner: string): Checkpoint {
    const { seq, eventId, epoch } = this.checkpoints.get(id) ?? {
      seq: 0,
      eventId: '',
      epoch: this.broken.sameEpochs ? 0 : this.now(),
    };
    const claimed = { seq, eventId, epoch: epoch + 1, owner };
    this.checkpoints.set(id, claimed);
    return claimed;
  }

  save(saves: readonly CheckpointSave[]): string[] {
    const fenced: string[] = [];
    for (const { id, epoch, seq, eventId } of saves) {
      const stored = this.checkpoints.get(id);
      if (!stored || (stored.epoch !== epoch && !this.broken.unfenced)) {
        fenced.push(id);
        continue;
      }
      if (stored.seq > seq) this.listener.fault(`checkpoint ${id} went back from ${stored.seq} to ${seq}`);
      this.checkpoints.set(id, { ...stored, seq, eventId });
    }
    return fenced;
  }
}
