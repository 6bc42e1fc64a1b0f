import { OperationRefused } from '#domain';
import type { EventLog } from '#event-store';
import { type Projection, rebuild, type RebuildOptions, type Rebuilt } from '#projections';
import { type ReadModels, versionName } from '#read-models';
import { dropSettled, foldableLetters } from './settled-letters.js';

export interface RebuildRequest extends Pick<RebuildOptions, 'owner' | 'signal' | 'onProgress'> {
  readonly projection: Projection<unknown>;
  readonly log: EventLog;
  readonly readModels: ReadModels;
  /** Whether what only a newer release can read ends it, and is no dead letter. */
  readonly waitsForNewer: boolean;
  /** Is told what went wrong on the way, a line each. */
  readonly onWarning: (line: string) => void;
  /** Is told that the version is served: what comes after it is about the letters. */
  readonly onServed?: (served: ServedAnew) => void;
}

/** What a rebuild came to. */
export type ServedAnew = { readonly projection: string; readonly seconds: number } & Rebuilt;

/** What `chatctl rebuild --json` prints. */
export interface RebuildReport extends ServedAnew {
  /** The dead letters that the new version has taken in, and those that are left. */
  readonly letters: { readonly dropped: number; readonly left: number };
}

/**
 * Builds the next version of a projection beside the one that is served, has it served, and drops the dead letters that
 * it has taken in.
 * @throws OperationRefused, LogUnavailable, ReadModelsUnavailable; AbortError where it was interrupted, saved
 */
export async function rebuildAndSettle(request: RebuildRequest): Promise<RebuildReport> {
  const { projection, log, readModels, onWarning, onServed, ...rest } = request;
  const { name } = projection;
  const beganAt = performance.now();
  const logger = { log: () => undefined, warn: onWarning, error: onWarning };
  const rebuilt = await rebuild({ ...rest, projection, log, readModels, logger });
  const served = { projection: name, ...rebuilt, seconds: (performance.now() - beganAt) / 1_000 };
  onServed?.(served);
  if (!rebuilt.takenOver) {
    onWarning(`no projector has taken ${versionName(name, rebuilt.version.number)} over: start one`);
  }
  return { ...served, letters: await dropSettled(log, readModels, name, rebuilt.version.number) };
}

/**
 * Rebuilds a projection where this release can take dead letters of it in.
 * @throws OperationRefused where it can take none in, or a half built version may lack the same events; and what
 * {@link rebuildAndSettle} throws
 */
export async function refold(request: RebuildRequest): Promise<RebuildReport> {
  const { projection, log, readModels } = request;
  const { name } = projection;
  const building = (await readModels.versions.read(name))?.building;
  if (building) {
    throw new OperationRefused(
      `${versionName(name, building.number)} is half built, and may lack the same events: finish it with ` +
        `\`chatctl rebuild ${name}\`, or remove it with \`chatctl versions remove ${name} ${building.number} --yes\``,
    );
  }
  if ((await foldableLetters(log, projection)) === 0) {
    throw new OperationRefused(
      `this release can fold none of the dead letters of ${name}: their reasons say what it lacks`,
    );
  }
  return rebuildAndSettle(request);
}
