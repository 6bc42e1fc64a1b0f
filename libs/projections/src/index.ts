// The projections: what each writes, and how it is asked. Which there are, the list in projections.ts says.
export { directory } from './directory/fold.js';
export * from './directory/documents.js';
export * from './directory/queries.js';
export { stats } from './stats/fold.js';
export * from './stats/documents.js';
export * from './stats/queries.js';
export { timeline } from './timeline/fold.js';
export * from './timeline/documents.js';
export * from './timeline/queries.js';
export type { MessagePart, Thread } from './timeline/thread.js';
export type { RoomChange } from './timeline/room-changes.js';
export { RoomFold, RoomTooLong } from './room-then/room-fold.js';
export {
  type ChatThen,
  type ErasedThen,
  knownSeq,
  NothingThere,
  refuseIfNothing,
  type RoomThen,
} from './room-then/room-then.js';
export type { ChangeThen, Gone, TextsThen } from './room-then/texts-then.js';
export {
  isoOf,
  messageThenView,
  type MessageThenView,
  type RoomStep,
  roomThenView,
  type RoomThenView,
} from './room-then/view.js';
export * from './live-update.js';
export * from './moderation.js';
export { projections } from './projections.js';
export {
  collectionsOf,
  type Folded,
  type LiveText,
  type Need,
  type Projection,
  UnfoldableEvent,
  type View,
} from './projection.js';
// What runs them.
export type { Clock } from './engine/clock.js';
export { rebuild, type RebuildOptions, type Rebuilt } from './engine/rebuild.js';
export {
  type CaughtUp,
  caughtUpWith,
  consumersOf,
  consumersPrefix,
  type FoldedIn,
  foldedWith,
  pendingOf,
  type Place,
  placesOf,
  servedLag,
} from './engine/progress.js';
export { type Lag, lagsAt } from './engine/lags.js';
export { Replay, replay } from './engine/replay.js';
export { Runner } from './engine/runner.js';
export { Worker, type WorkerState } from './engine/worker.js';
export type { PresentWorkers, RecordSource, WorkedLog, WorkerLog, WorkerOptions } from './engine/worker-options.js';
