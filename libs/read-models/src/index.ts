export * from './directory.js';
export * from './documents.js';
export * from './live-update.js';
export { memoryReadModels } from './memory/memory-read-models.js';
export { openMongodbReadModels, type MongodbOptions } from './mongodb/mongodb-read-models.js';
export * from './stats.js';
export * from './store.js';
export * from './timeline.js';
