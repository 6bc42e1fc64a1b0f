export type { Clock } from './clock.js';
export { directory } from './directory.js';
export {
  collectionsOf,
  type Folded,
  type LiveText,
  type Need,
  type Projection,
  UnfoldableEvent,
  type View,
} from './projection.js';
export { projections } from './projections.js';
export { rebuild, type RebuildOptions, type Rebuilt, RebuildRefused } from './rebuild.js';
export { Replay, replay } from './replay.js';
export { stats } from './stats.js';
export type { RoomChange } from './room-changes.js';
export { Runner } from './runner.js';
export { timeline } from './timeline.js';
export type { PresentMembers, RecordSource, WorkedLog } from './worked-log.js';
export { Worker, type WorkerLog, type WorkerOptions, type WorkerState } from './worker.js';
