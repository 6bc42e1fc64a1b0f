import type { Broken } from './rules.js';

/** The rules of how versions take turns, and each one switched off. */
export const versionRules: readonly (readonly [rule: string, without: Broken])[] = [
  ['the swap waits until the workers of the version that is served have stopped', { presentUnasked: true }],
  ['the next version is told of by who built it, from before it is served', { builderMute: true }],
  ['versions are changed as they were read, or not at all', { flipUnguarded: true }],
  ['a swap that is left behind is undone', { swapsLeft: true }],
  ['no number is given twice, also where the database was emptied in between', { sameNumbers: true }],
  ['the checkpoint is asked for after what is looked for in the read models', { checkpointsUnasked: true }],
  ['a version is followed once it has caught up', { unfinishedFollowed: true }],
  ['updates of other versions are dropped', { anyVersionTold: true }],
];
