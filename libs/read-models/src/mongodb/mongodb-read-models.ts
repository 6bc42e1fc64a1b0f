import {
  type Collection,
  type Db,
  type Filter,
  type FindOptions,
  MongoBulkWriteError,
  MongoClient,
  MongoServerError,
} from 'mongodb';
import {
  type Document,
  type Checkpoint,
  type Checkpoints,
  type CheckpointSave,
  type CollectionDefinition,
  type DocumentStore,
  type Highest,
  type Range,
  type ReadModels,
  ReadModelsUnavailable,
  type Write,
} from '../store.js';
import { versionName } from '../versions.js';
import { DUPLICATE_KEY, MongodbVersions } from './mongodb-versions.js';
import { observedReach, type Reach, type ReadModelsObserver } from './observer.js';
import { endWritesWithTheirConnection } from './written-or-closed.js';

export interface MongodbOptions {
  /** `mongodb://…`, with user and password where the server wants them. */
  readonly url: string;
  readonly database: string;
  /** How long an operation waits for a server that is away, in ms. */
  readonly timeoutMs?: number;
  readonly observer?: ReadModelsObserver;
}

/** The largest write of a round, on a server that is busy, takes a fraction of it. */
const OPERATION_LIMIT_MS = 10_000;

/**
 * Read models in MongoDB, or in a server that speaks its protocol: only what behaves the same on all of them is used.
 * @throws ReadModelsUnavailable when the server does not answer within `timeoutMs`
 */
export async function openMongodbReadModels(options: MongodbOptions): Promise<ReadModels> {
  const timeoutMs = options.timeoutMs ?? 5_000;
  endWritesWithTheirConnection();
  const client = new MongoClient(options.url, {
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    // A server that hangs is one that is away, and whoever waits for a connection to it need not wait for its end.
    socketTimeoutMS: OPERATION_LIMIT_MS,
    waitQueueTimeoutMS: timeoutMs,
    maxPoolSize: 20,
    retryWrites: false,
    // What is acknowledged survives the server: a worker goes on from what it has written.
    writeConcern: { w: 'majority', journal: true },
  });
  const db = client.db(options.database);
  const reach = observedReach(options.observer);
  await reach(() => client.connect()).catch((error: unknown) =>
    client.close().then(() => Promise.reject(error as Error)),
  );
  return {
    shared: true,
    checkpoints: new MongodbCheckpoints(db, reach),
    versions: new MongodbVersions(db, reach),
    projection: (name, version) => new MongodbStore(db, prefixOf(name, version), reach),
    remove: (name, version) => reach(() => remove(db, name, version)),
    ping: () =>
      reach(async () => {
        await db.command({ ping: 1 });
      }),
    close: () => client.close(),
  };
}

const prefixOf = (projection: string, version: number): string => `${projection}_v${version}_`;

const CHECKPOINTS = 'checkpoints';

/** Interrupted, it can be done again: nobody works on a version that is removed, nor on one of its number later. */
async function remove(db: Db, projection: string, version: number): Promise<void> {
  const prefix = `${versionName(projection, version)}:`;
  await db
    .collection<CheckpointDocument>(CHECKPOINTS)
    .deleteMany({ _id: { $gte: prefix, $lt: `${prefix.slice(0, -1)};` } });
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (name.startsWith(prefixOf(projection, version))) await db.dropCollection(name);
  }
}

class MongodbStore implements DocumentStore {
  /**
   * The lists that collections are asked by, as far as there is no index of them yet: it is made when it is first asked
   * for, since every insert would pay for what is seldom needed.
   */
  private readonly lists = new Map<string, string>();

  constructor(
    private readonly db: Db,
    private readonly prefix: string,
    private readonly reach: Reach,
  ) {}

  setUp(collections: readonly CollectionDefinition[]): Promise<void> {
    return this.reach(async () => {
      for (const { name, index, ordered, list } of collections) {
        if (index !== undefined) await this.collection(name).createIndex({ [index]: 1, ...(ordered && { _id: 1 }) });
        if (list !== undefined) this.lists.set(name, list);
      }
    });
  }

  get<D extends Document>(collection: string, ids: readonly string[]): Promise<D[]> {
    if (ids.length === 0) return Promise.resolve([]);
    return this.reach(() =>
      this.collection(collection)
        .find<D>({ _id: { $in: [...ids] } })
        .toArray(),
    );
  }

  findBy<D extends Document>(collection: string, field: string, values: readonly string[]): Promise<D[]> {
    if (values.length === 0) return Promise.resolve([]);
    return this.reach(() =>
      this.collection(collection)
        .find<D>({ [field]: { $in: [...values] } })
        .toArray(),
    );
  }

  async range<D extends Document>(collection: string, range: Range): Promise<D[]> {
    const { from, to, limit, descending, having, fields } = range;
    if (having && this.lists.get(collection) === having.field) {
      await this.reach(() => this.collection(collection).createIndex({ [having.field]: 1, _id: 1 }));
      this.lists.delete(collection);
    }
    const filter = { _id: { $gte: from, $lt: to }, ...(having && { [having.field]: having.value }) };
    const projection = fields && Object.fromEntries(['seq', ...fields].map((field) => [field, 1]));
    return this.find(collection, filter, {
      sort: { _id: descending ? -1 : 1 },
      limit,
      ...(projection && { projection }),
    });
  }

  highest<D extends Document>(collection: string, { from, to, limit, by, below, above }: Highest): Promise<D[]> {
    const bounds = { ...(below !== undefined && { $lt: below }), ...(above !== undefined && { $gt: above }) };
    const filter = { _id: { $gte: from, $lt: to }, ...(Object.keys(bounds).length > 0 && { [by]: bounds }) };
    return this.find(collection, filter, { sort: { [by]: -1 }, limit });
  }

  /**
   * Inserts first: most documents are new, and an insert costs a fraction of an upsert. Where one is there already, a
   * guarded replace follows, without upsert: a guard that does not match would make the upsert a duplicate.
   */
  write(collection: string, writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return Promise.resolve();
    return this.reach(async () => {
      const target = this.collection(collection);
      const known = writes.filter((write) => write.known).map((write) => write.document);
      const fresh = writes.filter((write) => !write.known).map((write) => write.document);
      const replaced = await replaceOlder(target, [...known, ...(await insert(target, fresh))]);
      // Where two first inserts raced, the one that lost may not have seen the winner's document yet.
      if (replaced.length > 0) await replaceOlder(target, replaced);
    });
  }

  /** In one answer: no cursor is left open on the server. */
  private find<D extends Document>(
    collection: string,
    filter: Filter<Document>,
    options: FindOptions & { readonly limit: number },
  ): Promise<D[]> {
    const found = this.collection(collection).find<D>(filter, { ...options, batchSize: options.limit + 1 });
    return this.reach(() => found.toArray());
  }

  private collection(name: string): Collection<Document> {
    return this.db.collection<Document>(this.prefix + name);
  }
}

/** Documents of one insert. Several go side by side: a server works on each with one core. */
const INSERTED_TOGETHER = 500;

/** Inserts what is not there and answers the rest. */
async function insert(target: Collection<Document>, documents: readonly Document[]): Promise<Document[]> {
  const parts: (readonly Document[])[] = [];
  for (let i = 0; i < documents.length; i += INSERTED_TOGETHER) parts.push(documents.slice(i, i + INSERTED_TOGETHER));
  return (await Promise.all(parts.map((part) => insertTogether(target, part)))).flat();
}

async function insertTogether(target: Collection<Document>, documents: readonly Document[]): Promise<Document[]> {
  try {
    await target.insertMany(documents, { ordered: false });
    return [];
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const faults = [error.writeErrors].flat();
    if (faults.length === 0 || faults.some((fault) => fault.code !== DUPLICATE_KEY)) throw error;
    return faults.map((fault) => documents[fault.index]!);
  }
}

/** Replaces those that are older, and answers all of them where not every one was. */
async function replaceOlder(
  target: Collection<Document>,
  documents: readonly Document[],
): Promise<readonly Document[]> {
  if (documents.length === 0) return [];
  const { matchedCount } = await target.bulkWrite(
    documents.map((document) => {
      const { _id, ...replacement } = document;
      return { replaceOne: { filter: { _id, seq: { $lt: document.seq } }, replacement } };
    }),
    { ordered: false },
  );
  return matchedCount === documents.length ? [] : documents;
}

interface CheckpointDocument extends Checkpoint {
  readonly _id: string;
}

class MongodbCheckpoints implements Checkpoints {
  private readonly collection: Collection<CheckpointDocument>;

  constructor(
    db: Db,
    private readonly reach: Reach,
  ) {
    this.collection = db.collection(CHECKPOINTS);
  }

  claim(id: string, owner: string): Promise<Checkpoint> {
    return this.reach(async () => {
      const first: CheckpointDocument = { _id: id, seq: 0, eventId: '', epoch: Date.now(), owner };
      await this.collection.insertOne(first).catch((error: unknown) => {
        if (!(error instanceof MongoServerError && error.code === DUPLICATE_KEY)) throw error;
      });
      const claimed = await this.collection.findOneAndUpdate(
        { _id: id },
        { $inc: { epoch: 1 }, $set: { owner } },
        { returnDocument: 'after' },
      );
      if (!claimed)
        throw new ReadModelsUnavailable(`checkpoint ${id} vanished while it was claimed; it is tried again`);
      return claimed;
    });
  }

  read(ids: readonly string[]): Promise<ReadonlyMap<string, Checkpoint>> {
    return this.reach(async () => {
      const stored = await this.collection.find({ _id: { $in: [...ids] } }).toArray();
      return new Map(stored.map((checkpoint) => [checkpoint._id, checkpoint]));
    });
  }

  save(saves: readonly CheckpointSave[]): Promise<string[]> {
    if (saves.length === 0) return Promise.resolve([]);
    return this.reach(async () => {
      const { matchedCount } = await this.collection.bulkWrite(
        saves.map(({ id, epoch, seq, eventId }) => ({
          updateOne: { filter: { _id: id, epoch }, update: { $set: { seq, eventId } } },
        })),
        { ordered: false },
      );
      if (matchedCount === saves.length) return [];
      const stored = await this.read(saves.map(({ id }) => id));
      return saves.filter(({ id, epoch }) => stored.get(id)?.epoch !== epoch).map(({ id }) => id);
    });
  }
}
