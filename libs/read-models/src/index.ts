export * from './documents.js';
export * from './live-update.js';
