import { type Kind, PARTITIONS } from '#domain';
import type { ConsumerLag, EventLog } from '#event-store';
import { checkpointId, checkpointsOf, type ReadModels, versionName } from '#read-models';
import type { Projection } from '../projection.js';

// How far a version of a projection is folded. The checkpoints are the truth: held against where the log ends, they say
// whether a version has caught up. The consumers of its partitions count what waits, for operators: by what was
// acknowledged, which follows the checkpoints. What is folded they do not tell: after the database was emptied those of
// a former life may be there and have nothing pending, and some minutes after the last worker there are none.

type FoldedProjection = Pick<Projection<never>, 'name' | 'kinds'>;

const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

/** What the names of all consumers of a version begin with. */
export const consumersPrefix = (group: string): string => `${group}-`;

/**
 * A partition's consumers are called this and the epoch of whoever made them.
 * @param owner of read models that are in its memory; null where they are shared
 */
export const consumerStem = (group: string, partition: number, owner: string | null): string =>
  `${consumersPrefix(group)}${owner === null ? '' : `${owner}-`}${partition}-e`;

/** A consumer, as its name says. */
export interface NamedConsumer extends ConsumerLag {
  /** Whose read models it is for, which are in its memory; null where they are shared. */
  readonly owner: string | null;
  readonly epoch: number;
}

/** The consumer of each partition's owner, that of the highest epoch: those of older owners may stay behind. */
export function consumersOf(group: string, consumers: readonly ConsumerLag[]): Map<number, NamedConsumer> {
  const pattern = new RegExp(`^${consumersPrefix(group)}(?:(.+)-)?(\\d+)-e(\\d+)$`);
  const newest = new Map<number, NamedConsumer>();
  for (const consumer of consumers) {
    const [, owner = null, partitionText, epochText] = pattern.exec(consumer.name) ?? [];
    if (partitionText === undefined) continue;
    const [partition, epoch] = [Number(partitionText), Number(epochText)];
    if (epoch > (newest.get(partition)?.epoch ?? -1)) newest.set(partition, { ...consumer, owner, epoch });
  }
  return newest;
}

/** How many events wait with these consumers. */
export const pendingOf = (consumers: Iterable<ConsumerLag>): number =>
  [...consumers].reduce((sum, { pending }) => sum + pending, 0);

/** Where the fold of one partition stands, and whose it is. */
export interface Place {
  readonly partition: number;
  /** Who took it over last; null where nobody ever did. */
  readonly owner: string | null;
  /** The sequence of the last event that is folded for good; 0 for none. */
  readonly position: number;
  /** One more each time that somebody takes it over; 0 where nobody ever did. */
  readonly epoch: number;
  /** The consumer of that owner; null where there is none (any more, or yet). */
  readonly consumer: NamedConsumer | null;
}

/**
 * By the checkpoints; by the consumers alone where the read models are in some process's memory.
 * @param readModels null where that is so
 */
export async function placesOf(
  { name }: Pick<FoldedProjection, 'name'>,
  version: number,
  readModels: Pick<ReadModels, 'checkpoints'> | null,
  consumers: readonly ConsumerLag[],
): Promise<Place[]> {
  const newest = consumersOf(versionName(name, version), consumers);
  const stored = readModels && (await checkpointsOf(readModels.checkpoints, name, version));
  return ALL.map((partition) => {
    const consumer = newest.get(partition) ?? null;
    if (!stored) {
      const { owner = null, acknowledgedSeq: position = 0, epoch = 0 } = consumer ?? {};
      return { partition, owner, position, epoch, consumer };
    }
    const { owner = null, seq: position = 0, epoch = 0 } = stored[partition] ?? {};
    return { partition, owner, position, epoch, consumer: consumer?.epoch === epoch ? consumer : null };
  });
}

/** Whether a version has caught up: it holds all that the log held when it was first asked about. */
export type CaughtUp = (version: number) => Promise<boolean>;

/** By its checkpoints, and by where the log ends in each partition. */
export function caughtUpWith(
  log: Pick<EventLog, 'lastSeq'>,
  { name, kinds }: FoldedProjection,
  { checkpoints }: Pick<ReadModels, 'checkpoints'>,
): CaughtUp {
  let asked: { readonly version: number; readonly ends: readonly number[] } | null = null;
  return async (version) => {
    if (asked?.version !== version) {
      asked = { version, ends: await Promise.all(ALL.map((partition) => endOf(log, partition, kinds))) };
    }
    const { ends } = asked;
    const stored = await checkpointsOf(checkpoints, name, version);
    return stored.every((checkpoint, partition) => (checkpoint?.seq ?? 0) >= ends[partition]!);
  };
}

/** Whether a version holds what it will ever hold of an event. */
export type FoldedIn = (
  version: number,
  event: { readonly partition: number; readonly seq: number },
) => Promise<boolean>;

/** By the checkpoint of its partition. */
export const foldedWith =
  ({ name }: FoldedProjection, { checkpoints }: Pick<ReadModels, 'checkpoints'>): FoldedIn =>
  async (version, { partition, seq }) => {
    const id = checkpointId(name, version, partition);
    return ((await checkpoints.read([id])).get(id)?.seq ?? 0) >= seq;
  };

/** The sequence of the last event of a partition that is folded; 0 for none. */
async function endOf(log: Pick<EventLog, 'lastSeq'>, partition: number, kinds?: readonly Kind[]): Promise<number> {
  if (!kinds) return log.lastSeq({ partition });
  return Math.max(...(await Promise.all(kinds.map((kind) => log.lastSeq({ partition, kind })))));
}

/**
 * How many events the version that is served has still to fold, by the consumers of its partitions; null where no worker
 * has ever taken it on. Where there are no consumers, since nobody has been at work for minutes, nothing counts what
 * waits: then it is none, or Infinity.
 */
export async function servedLag(
  log: Pick<EventLog, 'consumers' | 'lastSeq'>,
  projection: FoldedProjection,
  readModels: Pick<ReadModels, 'versions' | 'checkpoints'>,
): Promise<number | null> {
  const serving = (await readModels.versions.read(projection.name))?.serving.number;
  if (serving === undefined) return null;
  const newest = consumersOf(versionName(projection.name, serving), await log.consumers());
  if (newest.size > 0) return pendingOf(newest.values());
  const stored = await checkpointsOf(readModels.checkpoints, projection.name, serving);
  if (stored.every((checkpoint) => checkpoint === null)) return null;
  return (await caughtUpWith(log, projection, readModels)(serving)) ? 0 : Infinity;
}
