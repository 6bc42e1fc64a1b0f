import { type Collection, type Db, MongoServerError } from 'mongodb';
import type { VersionRegistry, Versions } from '../versions.js';
import type { Reach } from './observer.js';

export const DUPLICATE_KEY = 11000;

interface VersionsDocument extends Versions {
  readonly _id: string;
}

/** Which versions there are of each projection. */
export class MongodbVersions implements VersionRegistry {
  private readonly collection: Collection<VersionsDocument>;

  constructor(
    db: Db,
    private readonly reach: Reach,
  ) {
    this.collection = db.collection('versions');
  }

  read(projection: string): Promise<Versions | null> {
    return this.reach(async () => {
      const stored = await this.collection.findOne({ _id: projection });
      if (!stored) return null;
      const { _id, ...versions } = stored;
      return versions;
    });
  }

  replace(projection: string, to: Versions): Promise<boolean> {
    return this.reach(async () => {
      if (to.revision > 1) {
        const before = { _id: projection, begun: to.begun, revision: to.revision - 1 };
        return (await this.collection.replaceOne(before, to)).matchedCount === 1;
      }
      try {
        await this.collection.insertOne({ _id: projection, ...to });
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
        throw error;
      }
    });
  }
}
