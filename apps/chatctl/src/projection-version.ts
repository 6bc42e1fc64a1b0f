import { type Projection, projections as byName } from '#projections';
import { type ReadModels, versionName } from '#read-models';
import { UsageError } from './usage.js';

/** The projections that there are, in the order they are shown. */
export const projections: readonly Projection<unknown>[] = Object.values(byName);

/** @throws UsageError where there is none of that name */
export function projectionNamed(name: string | undefined): Projection<unknown> {
  const projection = projections.find((one) => one.name === name);
  if (projection) return projection;
  const names = projections.map((one) => one.name).join(', ');
  throw new UsageError(
    name === undefined ? `say which projection: ${names}` : `there is no projection ${name}: ${names}`,
  );
}

/** A version of a projection: what its documents, workers, checkpoints and consumers are named by. */
export interface ProjectionVersion {
  readonly projection: Projection<unknown>;
  readonly version: number;
}

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
