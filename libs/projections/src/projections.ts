import { directory } from './directory.js';
import type { Projection } from './projection.js';
import { stats } from './stats.js';
import { timeline } from './timeline.js';

/** The projections that there are, by name, in the order they are shown. */
export const projections = { timeline, directory, stats } satisfies Record<string, Projection<unknown>>;
