// What operators see and do, whether by chatctl or over HTTP: how far the projections are, their versions, dead letters,
// rebuilds.
export * from './dead-letters.js';
export * from './rebuild.js';
export * from './status/looks.js';
export * from './status/report.js';
export type { InMailSample, LookedAt } from './status/sample.js';
export * from './versions.js';
