import { type Projection, projections } from '#projections';
import { type ReadModels, versionName } from '#read-models';

/** The projections that there are, in the order they are shown. */
export const allProjections: readonly Projection<unknown>[] = Object.values(projections);

/** A version of a projection: what its documents, workers, checkpoints and consumers are named by. */
export interface ProjectionVersion {
  readonly projection: Projection<unknown>;
  readonly version: number;
}

/** As in `timeline-2`. */
export const nameOf = ({ projection, version }: ProjectionVersion): string => versionName(projection.name, version);

/** The version that is served; null where nobody ever ran it. Read models in memory have only one. */
export async function servedVersion(
  projection: Projection<unknown>,
  readModels: ReadModels | null,
): Promise<ProjectionVersion | null> {
  if (!readModels) return { projection, version: 1 };
  const versions = await readModels.versions.read(projection.name);
  return versions && { projection, version: versions.serving.number };
}
