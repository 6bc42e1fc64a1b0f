export { directory } from './directory.js';
export { type Folded, type LiveText, type Need, type Projection, UnfoldableEvent, type View } from './projection.js';
export { replay } from './replay.js';
export { timeline, type RoomChange } from './timeline.js';
export { Worker, type WorkerLog, type WorkerOptions, type WorkerState } from './worker.js';
