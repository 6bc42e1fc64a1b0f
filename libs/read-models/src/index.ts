export * from './store.js';
export { memoryReadModels } from './memory/memory-read-models.js';
export { openMongodbReadModels, type MongodbOptions } from './mongodb/mongodb-read-models.js';
export * from './served.js';
export * from './store.js';
export * from './versions.js';
