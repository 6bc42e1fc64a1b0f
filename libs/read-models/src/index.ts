import type { MongodbFound } from './mongodb/inspect.js';
import type { MongodbOptions } from './mongodb/mongodb-read-models.js';
import type { ReadModels } from './store.js';

export { memoryReadModels } from './memory/memory-read-models.js';
export type { MongodbFound } from './mongodb/inspect.js';
export type { MongodbOptions } from './mongodb/mongodb-read-models.js';
export type { ReadModelsObserver } from './mongodb/observer.js';
export * from './served.js';
export * from './store.js';
export * from './versions.js';

/**
 * Read models in MongoDB, whose driver is loaded with the first of them.
 * @throws ReadModelsUnavailable when the server does not answer within `timeoutMs`
 */
export async function openMongodbReadModels(options: MongodbOptions): Promise<ReadModels> {
  const { openMongodbReadModels: open } = await import('./mongodb/mongodb-read-models.js');
  return open(options);
}

/** What a MongoDB tells of itself. @throws ReadModelsUnavailable */
export async function inspectMongodb(options: MongodbOptions): Promise<MongodbFound> {
  const { inspectMongodb: inspect } = await import('./mongodb/inspect.js');
  return inspect(options);
}
