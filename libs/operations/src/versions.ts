import { OperationRefused } from '#domain';
import type { EventLog } from '#event-store';
import { consumersPrefix, type Projection, projections } from '#projections';
import { type ReadModels, type Version, versionName, type Versions, withoutBuilding, withoutOld } from '#read-models';

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

/** A version of a projection that is kept: a line of `chatctl versions list --json`. */
export interface ShownVersion {
  readonly projection: string;
  readonly version: number;
  readonly format: number;
  readonly state: 'served' | 'being built' | 'old';
}

/** Of all projections. @throws ReadModelsUnavailable */
export async function allVersions(readModels: ReadModels): Promise<ShownVersion[]> {
  return (await Promise.all(allProjections.map((projection) => versionsOf(readModels, projection)))).flat();
}

async function versionsOf(readModels: ReadModels, { name }: Projection<unknown>): Promise<ShownVersion[]> {
  const versions = await readModels.versions.read(name);
  if (!versions) return [];
  const { old, serving, building } = versions;
  const shown = (state: ShownVersion['state']) => (version: Version) => {
    const { number, format } = version;
    return { projection: name, version: number, format, state };
  };
  return [...old.map(shown('old')), shown('served')(serving), ...(building ? [shown('being built')(building)] : [])];
}

/**
 * Deletes a version that is not served. Given up first, so that no rebuild goes on with it; the documents go before the
 * mention of them.
 * @throws OperationRefused, LogUnavailable, ReadModelsUnavailable
 */
export async function removeVersion(
  { log, readModels }: { readonly log: EventLog; readonly readModels: ReadModels },
  projection: Projection<unknown>,
  number: number,
): Promise<void> {
  const { name } = projection;
  const found = (await versionsOf(readModels, projection)).find(({ version }) => version === number);
  if (!found) throw new OperationRefused(`there is no version ${number} of ${name}: see \`chatctl versions list\``);
  if (found.state === 'served') {
    throw new OperationRefused(`${versionName(name, number)} is the one that is served: rebuild ${name} first`);
  }
  const workers = await log.workers.of(versionName(name, number));
  if (workers.length > 0) {
    throw new OperationRefused(`${versionName(name, number)} is at work in ${workers.join(', ')}: stop that first`);
  }
  if (found.state === 'being built') await change(readModels, name, withoutBuilding);
  await readModels.remove(name, number);
  await log.removeConsumers(consumersPrefix(versionName(name, number)));
  await change(readModels, name, (versions) => withoutOld(versions, number));
}

async function change({ versions: registry }: ReadModels, name: string, to: (now: Versions) => Versions) {
  for (;;) {
    const now = await registry.read(name);
    if (!now || (await registry.replace(name, to(now)))) return;
  }
}
