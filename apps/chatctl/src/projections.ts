import { type Projection, projections as byName } from '#projections';

/** The projections that there are, in the order they are shown. */
export const projections: readonly Projection<unknown>[] = Object.values(byName);

/** A projection with its version: what its workers, checkpoints and consumers are named by. */
export const nameOf = ({ name, version }: Projection<unknown>): string => `${name}-${version}`;
