import { MongoClient } from 'mongodb';
import { ReadModelsUnavailable } from '../store.js';
import type { MongodbOptions } from './mongodb-read-models.js';

/** What a database server tells of itself. */
export interface MongodbFound {
  readonly version: string;
  /** By how much its clock is ahead of ours, and by how much that may be wrong, in ms; null where it does not say. */
  readonly clock: { readonly aheadMs: number; readonly withinMs: number } | null;
  /** Its disk, in bytes; null where it does not say. */
  readonly disk: { readonly name: string; readonly used: number; readonly limit: number } | null;
  /** What the documents of the database, and their indexes, take on its disk, in bytes. */
  readonly taken: { readonly documents: number; readonly indexes: number };
}

type StatName = 'fsUsedSize' | 'fsTotalSize' | 'storageSize' | 'indexSize';

/** @throws ReadModelsUnavailable */
export async function inspectMongodb({ url, database, timeoutMs = 5_000 }: MongodbOptions): Promise<MongodbFound> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: timeoutMs, connectTimeoutMS: timeoutMs });
  try {
    const db = client.db(database);
    const { version } = (await db.command({ buildInfo: 1 })) as { version: string };
    const [before, from] = [performance.now(), Date.now()];
    const { localTime } = (await db.command({ hello: 1 })) as { localTime?: Date };
    const took = performance.now() - before;
    const stats = (await db.command({ dbStats: 1 })) as Partial<Record<StatName, number>>;
    const { fsUsedSize: used = 0, fsTotalSize: limit = 0 } = stats;
    const { storageSize: documents = 0, indexSize: indexes = 0 } = stats;
    const clock = localTime && { aheadMs: localTime.getTime() - (from + took / 2), withinMs: took / 2 };
    const disk = limit > 0 ? { name: 'the disk of MongoDB', used, limit } : null;
    return { version, clock: clock ?? null, disk, taken: { documents, indexes } };
  } catch (error) {
    throw new ReadModelsUnavailable((error as Error).message, { cause: error });
  } finally {
    await client.close();
  }
}
