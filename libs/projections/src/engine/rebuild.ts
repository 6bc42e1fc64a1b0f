import { randomUUID } from 'node:crypto';
import { OperationRefused, PARTITIONS, RetryableError } from '#domain';
import type { EventLog } from '#event-store';
import {
  PIN_AGE_MS,
  type ReadModels,
  swapped,
  type Version,
  versionName,
  withNextVersion,
  withSwap,
} from '#read-models';
import { type Clock, sleep, systemClock } from './clock.js';
import type { Projection } from '../projection.js';
import { caughtUpWith } from './progress.js';
import { LOOK_MS } from './runner.js';
import type { WorkedLog, WorkerLog } from './worker-options.js';
import { Worker } from './worker.js';

/** So near to the log the readers are swapped: what is left is folded while they wait. */
const NEAR_RECORDS = 2_000;
const SWAP_ATTEMPTS = 5;
/** For each step of a swap, in ms; below the time after which a projector gives a swap up. */
const STEP_LIMIT_MS = 4_000;
const INTERVAL_MS = 100;
/** A builder that died counts as present for 3 s. */
const OTHER_LIMIT_MS = 5_000;
const TAKE_OVER_LIMIT_MS = 15_000;
/** Until then some still ask the version before: who removes it next takes it from nobody. */
const READERS_MOVE_MS = 3_000;
/** Gateways follow when nobody asks the version before any more: their look, and three times the age of an answer. */
const GATEWAYS_MOVE_MS = 4 * PIN_AGE_MS;

type RebuiltLog = WorkedLog & Pick<EventLog, 'lastSeq'>;
type RebuiltModels = Omit<ReadModels, 'remove' | 'close'>;

export interface RebuildOptions {
  readonly projection: Projection<unknown>;
  readonly log: RebuiltLog;
  readonly readModels: RebuiltModels;
  /** Unique to the process. */
  readonly owner: string;
  readonly logger: WorkerLog;
  /** Whether what only a newer release can read ends it, and is no dead letter. Default true. */
  readonly waitsForNewer?: boolean;
  /** Told a few times a second how many records are left to be folded. */
  readonly onProgress: (version: number, left: number) => void;
  /** Ends the building, saved as far as it is. */
  readonly signal: AbortSignal;
  /** The system's own where none is given. */
  readonly clock?: Clock;
}

type Parts = RebuildOptions & { readonly clock: Clock };

export interface Rebuilt {
  /** Events folded by this run, and those that could not be. */
  readonly folded: number;
  readonly deadLetters: number;
  /** What is served now, and what was before. */
  readonly version: Version;
  readonly before: Version;
  /** About how late somebody was told of what was said during the swap, in ms. */
  readonly lateMs: number;
  /** Whether a projector has taken the new version over. */
  readonly takenOver: boolean;
}

/**
 * Builds the next version of a projection from the beginning of the log, beside the one that is served, and has it
 * served once it has caught up. What was built before an interruption is not built again.
 *
 * The swap: the workers of the served version stop, so that nothing is told that the new version does not have yet; the
 * new one, which tells from the mark of the swap on, reaches the end of the log as it was then, and is the one that is
 * served.
 * Whatever goes wrong before that last step undoes the swap, here or, where this process dies, in the projectors.
 *
 * @throws OperationRefused, LogUnavailable, ReadModelsUnavailable; AbortError where it was interrupted
 */
export async function rebuild(given: RebuildOptions): Promise<Rebuilt> {
  const options: Parts = { clock: systemClock, ...given };
  const { signal, readModels, projection, clock } = options;
  const building = await beginBuilding(options);
  const worker = new Worker({ ...options, version: building.number, announcing: false });
  try {
    void worker.start();
    for (let attempt = 1; ; attempt++) {
      await untilNear(options, worker, building);
      const beganAt = clock.now();
      const outcome = await swap(options, building).catch(passing);
      const before = await versionBefore(options, building);
      if (before) {
        const lateMs = clock.now() - beganAt + GATEWAYS_MOVE_MS;
        // It is served: an interruption changes nothing any more, and what is only looked at now need not be known.
        await sleep(clock, READERS_MOVE_MS, signal).catch(() => undefined);
        const takenOver = await isTakenOver(options, building);
        const { folded, deadLetters } = worker.counters;
        return { folded, deadLetters, version: building, before, lateMs, takenOver };
      }
      await undoSwap(readModels, projection.name, building);
      if (attempt === SWAP_ATTEMPTS) {
        throw new OperationRefused(
          `${versionName(projection.name, building.number)} is built, but not served: ${outcome}. Run this again`,
        );
      }
      options.logger.warn(`the swap is undone and tried again: ${outcome}`);
      await sleep(clock, 2_000, signal);
    }
  } catch (error) {
    await undoSwap(readModels, projection.name, building);
    throw error;
  } finally {
    await worker.stop();
  }
}

/**
 * The version that was served before this one; null where this one is not served. By the registry alone: the answer to
 * the step that changed it may have been lost.
 */
async function versionBefore(
  { readModels, projection, signal, clock }: Parts,
  { number }: Version,
): Promise<Version | null> {
  for (;;) {
    const versions = await readModels.versions.read(projection.name).catch(passing);
    if (versions && typeof versions !== 'string') {
      return versions.serving.number === number ? (versions.old.at(-1) ?? null) : null;
    }
    await sleep(clock, INTERVAL_MS, signal);
  }
}

/** A server that is away for a moment spoils one attempt, not the rebuild. */
function passing(error: unknown): string {
  if (error instanceof RetryableError) return error.message;
  throw error;
}

/** The version that is to be built: that of an interrupted rebuild, or the next one. */
async function beginBuilding({ projection, log, readModels, owner, signal, clock }: Parts): Promise<Version> {
  const { name, format } = projection;
  const { versions: registry } = readModels;
  for (;;) {
    const versions = await registry.read(name);
    if (!versions) throw new OperationRefused(`nobody has run ${name} yet: start a projector, which builds it`);
    const { building } = versions;
    if (!building) {
      await registry.replace(name, withNextVersion(versions, format));
      continue;
    }
    if (building.format !== format) {
      throw new OperationRefused(
        `${versionName(name, building.number)} is half built in format ${building.format}, and this release builds ` +
          `format ${format}: remove it with \`chatctl versions remove ${name} ${building.number} --yes\`, and run this again`,
      );
    }
    const group = versionName(name, building.number);
    const others = async () => (await log.workers.of(group)).filter((worker) => worker !== owner);
    if (!(await holds(async () => (await others()).length === 0, OTHER_LIMIT_MS, clock, signal))) {
      throw new OperationRefused(
        `${group} is being built by ${(await others()).join(', ')}: wait for its end, or stop it`,
      );
    }
    // Whoever built it may have finished meanwhile, or given it up.
    const now = await registry.read(name);
    if (now?.building?.number === building.number) return building;
  }
}

/** Until the version is near to the log, or is not to be built any more. */
async function untilNear(
  { projection, log, readModels, owner, onProgress, signal, clock }: Parts,
  worker: Worker<unknown>,
  { number }: Version,
): Promise<void> {
  const group = versionName(projection.name, number);
  let aloneAt = clock.now();
  for (;;) {
    if (worker.state === 'refused') throw new OperationRefused('the fold refused to go on: see above');
    if (worker.state === 'outdated') {
      throw new OperationRefused(
        'the log was restored from a backup: start a projector, which folds it from the beginning',
      );
    }
    if (worker.state === 'emptied') throw new OperationRefused('the database was emptied meanwhile: run this again');
    const [newer] = worker.newer;
    if (newer) {
      throw new OperationRefused(
        `event ${newer.seq} is of a newer release, ${newer.what}: rebuild with that one. What is built is kept for it`,
      );
    }
    // A server that is away for a moment is waited for, as any worker does.
    const left = worker.state === 'running' ? await worker.lag().catch(() => null) : null;
    if (left !== null && worker.owned.length === PARTITIONS) {
      aloneAt = clock.now();
      onProgress(number, left);
      if (left <= NEAR_RECORDS) return;
    } else if (clock.now() > aloneAt + OTHER_LIMIT_MS) {
      // Whoever built it as well may have had it served.
      const versions = await readModels.versions.read(projection.name).catch(passing);
      if (typeof versions !== 'string' && versions?.building?.number !== number) return;
      // Of two that began at the same moment one steps back.
      const others = (await log.workers.of(group).catch(() => [])).filter((worker) => worker < owner);
      if (others.length > 0)
        throw new OperationRefused(`${group} is being built by ${others.join(', ')}: wait for its end`);
    }
    await sleep(clock, INTERVAL_MS, signal);
  }
}

/** @returns why it did not come about, and is to be undone; null where it did */
async function swap(options: Parts, building: Version): Promise<string | null> {
  const { projection, readModels, log, signal, clock } = options;
  const { versions: registry } = readModels;
  const begun = await registry.read(projection.name);
  if (begun?.serving.number === building.number) return null;
  if (!begun || begun.building?.number !== building.number)
    throw new OperationRefused('the version was removed while it was built');
  if (begun.swap !== null) return 'somebody left a swap behind';
  const swapping = withSwap(begun, randomUUID());
  if (!(await registry.replace(projection.name, swapping))) return 'the versions were changed by somebody else';
  // One that was about to start sees the swap at its next look, so nobody comes after that.
  await sleep(clock, 2 * LOOK_MS, signal);
  const old = versionName(projection.name, begun.serving.number);
  const stopped = await holds(async () => (await log.workers.of(old)).length === 0, STEP_LIMIT_MS, clock, signal);
  if (!stopped) return `the projectors of ${old} did not stop: ${(await log.workers.of(old)).join(', ')}`;
  const isCaughtUp = caughtUpWith(log, projection, readModels);
  const reached = await holds(() => isCaughtUp(building.number), STEP_LIMIT_MS, clock, signal);
  if (!reached) return 'the new version did not reach the end of the log in time';
  return (await registry.replace(projection.name, swapped(swapping, building))) ? null : 'it took too long';
}

/** Where the version is not served yet. What cannot be undone now, a projector undoes. */
async function undoSwap(readModels: RebuiltModels, name: string, building: Version): Promise<void> {
  try {
    const versions = await readModels.versions.read(name);
    if (!versions || versions.swap === null || versions.building?.number !== building.number) return;
    await readModels.versions.replace(name, withSwap(versions, null));
  } catch {
    // The server is away: whoever comes first undoes it after 10 s.
  }
}

async function isTakenOver({ log, projection, owner, clock, signal }: Parts, version: Version): Promise<boolean> {
  const group = versionName(projection.name, version.number);
  const others = async () => (await log.workers.of(group)).some((worker) => worker !== owner);
  return holds(others, TAKE_OVER_LIMIT_MS, clock, signal).catch(() => false);
}

/** Whether something comes to hold within a time. */
async function holds(
  condition: () => Promise<boolean>,
  limitMs: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<boolean> {
  const until = clock.now() + limitMs;
  while (!(await condition())) {
    if (clock.now() > until) return false;
    await sleep(clock, INTERVAL_MS, signal);
  }
  return true;
}
