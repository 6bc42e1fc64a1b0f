import { PARTITIONS } from '#domain';
import {
  type Checkpoint,
  type Checkpoints,
  type Document,
  type DocumentStore,
  firstVersion,
  type ReadModels,
  type Range,
  ReadModelsUnavailable,
  type VersionRegistry,
  type Write,
} from '#read-models';
import { timeline } from '../../src/index.js';
import type { Collection, FakeStore } from './fake-store.js';
import type { Process } from './processes.js';

/** The read models as one process sees them. */
export class StoreClient implements Omit<ReadModels, 'close'> {
  readonly shared = true;
  private readonly stores = new Map<number, VersionClient>();
  /** What it claimed, as it was then. */
  private readonly claimed = new Map<string, Checkpoint>();
  /** What it claimed just before, and nobody had folded: it asks next whether there is such a version. */
  private begun: string | null = null;

  constructor(
    private readonly server: FakeStore,
    private readonly process: Process,
    /** Where a write is cut in two, which become visible one after the other. */
    private readonly split: (length: number) => number,
  ) {}

  readonly checkpoints: Checkpoints = {
    claim: async (id, owner) => {
      const claim = () => this.server.claim(id, owner);
      const claimed = this.server.isUsed(id) ? await this.ask(claim) : claim();
      this.claimed.set(id, claimed);
      this.begun = claimed.seq === 0 ? id : null;
      return claimed;
    },
    read: (ids) =>
      this.ask(() => {
        const stored = new Map<string, Checkpoint>();
        for (const id of ids) {
          const unasked =
            this.server.broken.checkpointsUnasked && ids.length < PARTITIONS ? this.claimed.get(id) : undefined;
          const checkpoint = unasked ?? this.server.checkpoints.get(id);
          if (checkpoint) stored.set(id, checkpoint);
        }
        return stored;
      }),
    save: async (saves) => {
      const fenced = await this.ask(() => this.server.save(saves));
      for (const store of this.stores.values()) await store.writeHeldBack();
      return fenced;
    },
  };

  readonly versions: VersionRegistry = {
    read: () => {
      const { begun } = this;
      this.begun = null;
      if (begun !== null && this.server.broken.lostBegun) {
        const version = Number(begun.slice(begun.indexOf('-') + 1, begun.indexOf(':')));
        return Promise.resolve(firstVersion(timeline.format, version));
      }
      if (begun !== null && !this.server.isUsed(begun)) return Promise.resolve(this.server.versions);
      return this.ask(() => this.server.versions);
    },
    replace: (_projection, to) => {
      const isUndoing = this.server.versions?.swap && to.swap === null && to.building !== null;
      if (this.server.broken.swapsLeft && isUndoing) return Promise.resolve(false);
      // A number is of the moment: no server begins with it after it was emptied once more.
      const { emptyings } = this.server;
      return this.ask(() => (to.revision > 1 || emptyings === this.server.emptyings) && this.server.replace(to));
    },
  };

  projection(_name: string, version: number): DocumentStore {
    let store = this.stores.get(version);
    if (!store) this.stores.set(version, (store = new VersionClient(this.server, version, this.ask, this.split)));
    return store;
  }

  remove(_name: string, version: number): Promise<void> {
    return this.ask(() => {
      this.server.remove(version);
    });
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  private readonly ask: Ask = (work) => this.process.request(work, new ReadModelsUnavailable('no answer came'));
}

type Ask = <T>(work: () => T) => Promise<T>;

class VersionClient implements DocumentStore {
  private heldBack: (readonly Write[])[] = [];
  /** What the messages were before the heads were asked for. */
  private stale: Collection | null = null;

  constructor(
    private readonly server: FakeStore,
    private readonly version: number,
    private readonly ask: Ask,
    private readonly split: (length: number) => number,
  ) {}

  setUp(): Promise<void> {
    return Promise.resolve();
  }

  async get<D extends Document>(collection: string, ids: readonly string[]): Promise<D[]> {
    if (collection === 'heads' && this.server.broken.messagesReadBeforeHeads) {
      this.stale = await this.ask(() => new Map(this.collection('messages')));
    }
    return this.ask(() => {
      const target = this.collection(collection);
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
    return stale ? find(stale) : this.ask(() => find(this.collection(collection)));
  }

  range<D extends Document>(collection: string, { from, to, limit, having }: Range): Promise<D[]> {
    if (!having) return Promise.reject(new Error('a worker reads only the ranges that it sweeps'));
    return this.ask(() => {
      const lists = (document: Document) =>
        (document as unknown as Record<string, readonly string[]>)[having.field]!.includes(having.value);
      const found = [...this.collection(collection).values()].filter(
        (document) => document._id >= from && document._id < to && lists(document),
      );
      return found.sort((a, b) => (a._id < b._id ? -1 : 1)).slice(0, limit) as D[];
    });
  }

  /** Of the marks of what was set aside. No step of the schedule: whatever they say, every release agrees here. */
  highest<D extends Document>(collection: string): Promise<D[]> {
    return Promise.resolve([...this.collection(collection).values()] as D[]);
  }

  async write(collection: string, writes: readonly Write[]): Promise<void> {
    const { broken } = this.server;
    if (collection === 'heads' && broken.checkpointBeforeHeads) {
      this.heldBack.push(writes);
      return;
    }
    const written = this.send(collection, writes);
    if (collection !== 'heads' && broken.documentsNotAwaited) written.catch(() => undefined);
    else await written;
  }

  async writeHeldBack(): Promise<void> {
    const heldBack = this.heldBack.flat();
    this.heldBack = [];
    if (heldBack.length > 0) await this.send('heads', heldBack);
  }

  private collection(name: string): Collection {
    return this.server.of(this.version).collection(name);
  }

  private async send(collection: string, writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    const at = this.split(writes.length);
    const put = (part: readonly Write[]) =>
      this.ask(() => {
        for (const { document } of part) this.server.put(this.version, collection, document);
      });
    await (at === 0 ? put(writes) : Promise.all([put(writes.slice(0, at)), put(writes.slice(at))]));
  }
}
