import { directory } from './directory/fold.js';
import type { Projection } from './projection.js';
import { stats } from './stats/fold.js';
import { timeline } from './timeline/fold.js';

/** The projections that there are, by name, in the order they are shown. */
export const projections = { timeline, directory, stats } satisfies Record<string, Projection<unknown>>;
