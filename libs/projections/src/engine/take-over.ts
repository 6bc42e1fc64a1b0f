import { partitionOf } from '#domain';
import {
  ABOVE_ALL,
  type Checkpoint,
  checkpointId,
  checkpointsOf,
  gapCollection,
  type GapDocument,
  type ReadModels,
  versionName,
  type VersionRegistry,
} from '#read-models';
import { Partition } from './partition.js';
import { consumerStem } from './progress.js';
import type { Projection } from '../projection.js';
import type { WorkedLog, WorkerLog } from './worker-options.js';

export interface TakeOverParts {
  readonly projection: Pick<Projection<never>, 'name' | 'kinds'>;
  readonly version: number;
  readonly log: Pick<WorkedLog, 'consume' | 'recordAt' | 'restoredAt'>;
  readonly readModels: Pick<ReadModels, 'shared' | 'checkpoints' | 'versions' | 'projection'>;
  readonly owner: string;
  readonly logger: Pick<WorkerLog, 'log' | 'error'>;
  readonly waitsForNewer?: boolean;
}

/** The checkpoint is not of this log: the worker must not go on, somebody has to look at it. */
export class LogMismatch extends Error {}

/** A checkpoint that this worker had is gone, and with it, as a rule, all that was folded: the database was emptied. */
export class CheckpointsGone extends Error {
  constructor(ids: readonly string[]) {
    super(`there is no checkpoint ${ids.join(', ')} any more: the database was emptied`);
  }
}

/** The version is none of those that there are: its checkpoints may be gone with all that was folded. */
export class VersionGone extends Error {
  constructor(name: string) {
    super(`nobody knows of ${name} any more: it was removed, or the database was emptied`);
  }
}

/** What is folded is of the log before it was restored from a backup: another version has to be begun. */
export class LogRestored extends Error {
  /** @param restoredAt the lowest number that a version of this log may have */
  constructor(
    name: string,
    readonly restoredAt: number,
  ) {
    super(`${name} was begun before the log was restored from a backup (${restoredAt}), and may hold what that lacks`);
  }
}

/**
 * Before anything is claimed: whether what is folded is of this log. A worker that was pointed at another one must not
 * fence off those that fold the right one.
 * @throws LogMismatch, LogRestored
 */
export async function checkCheckpoints({ projection, version, log, readModels }: TakeOverParts): Promise<void> {
  // Documents are written before the checkpoint: where that is within the log, they may be beyond it.
  const restoredAt = readModels.shared ? await log.restoredAt() : 0;
  if (version < restoredAt) throw new LogRestored(versionName(projection.name, version), restoredAt);
  const stored = await checkpointsOf(readModels.checkpoints, projection.name, version);
  const checks = stored.map((checkpoint, partition) =>
    checkpoint ? checkTail(log, checkpoint, partition) : undefined,
  );
  await Promise.all(checks.filter((check) => check !== undefined));
}

/**
 * Makes this worker the owner of a partition: its epoch, raised, fences the older owner, and a consumer of its own starts
 * right after the checkpoint. A consumer shared over take-overs would lose what the older owner has in hand.
 * @throws LogMismatch where the checkpoint is not of this log
 * @throws VersionGone where there is none, and nothing may be begun
 */
export async function takeOver(
  { projection, version, log, readModels, owner, logger, waitsForNewer }: TakeOverParts,
  number: number,
): Promise<Partition> {
  const id = checkpointId(projection.name, version, number);
  const checkpoint = await readModels.checkpoints.claim(id, owner);
  if (checkpoint.seq === 0) await checkKept(readModels.versions, projection.name, version);
  // Its last owner, or the log, may have gone on since it was checked.
  await checkTail(log, checkpoint, number);
  const stem = consumerStem(versionName(projection.name, version), number, readModels.shared ? null : owner);
  const consumer = await log.consume({
    name: `${stem}${checkpoint.epoch}`,
    deleteOthersWithPrefix: stem,
    partition: number,
    ...(projection.kinds && { kinds: projection.kinds }),
    from: checkpoint.seq + 1,
    temporary: !readModels.shared,
    onWaiting: (reason) => {
      if (reason === null) logger.log(`partition ${number} of ${projection.name} goes on`);
      else logger.error(`partition ${number} of ${projection.name} waits: ${reason}`);
    },
  });
  const setAside = await setAsideBeyond({ readModels, projection, version }, number, checkpoint.seq);
  return new Partition(number, id, checkpoint.epoch, checkpoint, consumer, setAside, waitsForNewer);
}

/** Far more than are ever set aside between two saves. */
const SET_ASIDE_MAX = 20_000;

/**
 * What an owner set aside and did not come to save. It is not to be folded now by one that could, since what came after
 * it has been given its place: in the documents, and to people.
 */
async function setAsideBeyond(
  { readModels, projection, version }: Pick<TakeOverParts, 'readModels' | 'projection' | 'version'>,
  number: number,
  seq: number,
): Promise<ReadonlySet<number>> {
  const query = { from: '', to: ABOVE_ALL, by: 'seq', above: seq, limit: SET_ASIDE_MAX };
  const store = readModels.projection(projection.name, version);
  const gaps = await store.highest<GapDocument>(gapCollection.name, query);
  return new Set(gaps.flatMap((gap) => (partitionOf(gap.room) === number ? [gap.seq] : [])));
}

/**
 * Before a partition is folded from the beginning. Of a database that was emptied there is something left wherever a
 * request came late, and it is not what the fold needs: only a version of another number can be begun there.
 */
async function checkKept(registry: VersionRegistry, projection: string, version: number): Promise<void> {
  const versions = await registry.read(projection);
  const kept = versions && [versions.serving, versions.building, ...versions.old];
  if (kept?.some((one) => one?.number === version)) return;
  throw new VersionGone(versionName(projection, version));
}

/** A checkpoint ahead of the log, or of an event that the log no longer has there, means that its tail was lost. */
async function checkTail(
  log: TakeOverParts['log'],
  { seq, eventId }: Pick<Checkpoint, 'seq' | 'eventId'>,
  partition: number,
): Promise<void> {
  if (seq === 0) return;
  const stored = await log.recordAt(seq);
  if (stored?.id === eventId) return;
  throw new LogMismatch(
    `partition ${partition} is folded up to event ${eventId} at ${seq}, where the log has ` +
      `${stored ? `event ${stored.id}` : 'nothing'}. The log has lost its tail, or these read models belong to ` +
      'another log. Restore the log with `chatctl restore`, or drop the database and start again: the read models are ' +
      'then rebuilt from what the log has.',
  );
}
