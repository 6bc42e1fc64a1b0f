import type {
  Checkpoint,
  Checkpoints,
  CheckpointSave,
  CollectionDefinition,
  Document,
  DocumentStore,
  Write,
} from '#read-models';
import type { Process } from './processes.js';
import type { Broken } from './rules.js';

type Collection = Map<string, Document>;

/** The server of the read models: each request of a process is a step of the schedule. */
export class FakeStore {
  readonly collections = new Map<string, Collection>();
  readonly checkpoints = new Map<string, Checkpoint>();

  constructor(
    private readonly broken: Broken,
    /** The checkpoints whose partitions hold records: only what happens to them is of interest. */
    private readonly used: ReadonlySet<string>,
    private readonly tell: (fault: string) => void,
    private readonly onWrite: (collection: string, document: Document) => void,
  ) {}

  collection(name: string): Collection {
    let collection = this.collections.get(name);
    if (!collection) this.collections.set(name, (collection = new Map<string, Document>()));
    return collection;
  }

  put(collection: string, document: Document): void {
    const target = this.collection(collection);
    const guarded = !(collection === 'heads' ? this.broken.headsUnguarded : this.broken.documentsUnguarded);
    this.onWrite(collection, document);
    if (guarded && (target.get(document._id)?.seq ?? 0) >= document.seq) return;
    target.set(document._id, document);
  }

  /** How a process sees it. `split` says where a write is cut in two, which become visible one after the other. */
  connect(process: Process, split: (length: number) => number): { store: DocumentStore; checkpoints: Checkpoints } {
    const client = new StoreClient(this, process, split, this.broken);
    return { store: client, checkpoints: this.checkpointsFor(process, client) };
  }

  private checkpointsFor(process: Process, client: StoreClient): Checkpoints {
    return {
      claim: (id, owner) =>
        this.used.has(id) ? process.request(() => this.claim(id, owner)) : Promise.resolve(this.claim(id, owner)),
      read: (ids) =>
        process.request(() => {
          const stored = new Map<string, Checkpoint>();
          for (const id of ids) {
            const checkpoint = this.checkpoints.get(id);
            if (checkpoint) stored.set(id, checkpoint);
          }
          return stored;
        }),
      save: async (saves) => {
        const fenced = await process.request(() => this.save(saves));
        await client.writeHeldBack();
        return fenced;
      },
    };
  }

  private claim(id: string, owner: string): Checkpoint {
    const { seq, eventId, epoch } = this.checkpoints.get(id) ?? { seq: 0, eventId: '', epoch: 0 };
    const claimed = { seq, eventId, epoch: epoch + 1, owner };
    this.checkpoints.set(id, claimed);
    return claimed;
  }

  private save(saves: readonly CheckpointSave[]): string[] {
    const fenced: string[] = [];
    for (const { id, epoch, seq, eventId } of saves) {
      const stored = this.checkpoints.get(id)!;
      if (stored.epoch !== epoch && !this.broken.unfenced) {
        fenced.push(id);
        continue;
      }
      if (stored.seq > seq) this.tell(`checkpoint ${id} went back from ${stored.seq} to ${seq}`);
      this.checkpoints.set(id, { ...stored, seq, eventId });
    }
    return fenced;
  }
}

class StoreClient implements DocumentStore {
  private heldBack: (readonly Write[])[] = [];
  /** What the messages were before the heads were asked for. */
  private stale: Collection | null = null;

  constructor(
    private readonly server: FakeStore,
    private readonly process: Process,
    private readonly split: (length: number) => number,
    private readonly broken: Broken,
  ) {}

  setUp(_collections: readonly CollectionDefinition[]): Promise<void> {
    return Promise.resolve();
  }

  async get<D extends Document>(collection: string, ids: readonly string[]): Promise<D[]> {
    if (collection === 'heads' && this.broken.messagesReadBeforeHeads) {
      this.stale = await this.process.request(() => new Map(this.server.collection('messages')));
    }
    return this.process.request(() => {
      const target = this.server.collection(collection);
      return ids.flatMap((id) => (target.get(id) ?? []) as D[]);
    });
  }

  async findBy<D extends Document>(collection: string, field: string, values: readonly string[]): Promise<D[]> {
    const find = (target: Collection) =>
      [...target.values()].filter((document) =>
        values.includes((document as unknown as Record<string, string>)[field]!),
      ) as D[];
    const { stale } = this;
    this.stale = null;
    return stale ? find(stale) : this.process.request(() => find(this.server.collection(collection)));
  }

  range(): Promise<never[]> {
    return Promise.reject(new Error('a worker reads no ranges'));
  }

  highest(): Promise<never[]> {
    return this.range();
  }

  async write(collection: string, writes: readonly Write[]): Promise<void> {
    if (collection === 'heads' && this.broken.checkpointBeforeHeads) {
      this.heldBack.push(writes);
      return;
    }
    const written = this.send(collection, writes);
    if (collection !== 'heads' && this.broken.documentsNotAwaited) written.catch(() => undefined);
    else await written;
  }

  async writeHeldBack(): Promise<void> {
    const heldBack = this.heldBack.flat();
    this.heldBack = [];
    if (heldBack.length > 0) await this.send('heads', heldBack);
  }

  private async send(collection: string, writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    const at = this.split(writes.length);
    const put = (part: readonly Write[]) =>
      this.process.request(() => {
        for (const { document } of part) this.server.put(collection, document);
      });
    await (at === 0 ? put(writes) : Promise.all([put(writes.slice(0, at)), put(writes.slice(at))]));
  }
}
