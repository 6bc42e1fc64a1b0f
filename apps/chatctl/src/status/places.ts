import { PARTITIONS } from '#domain';
import type { ConsumerLag } from '#event-store';
import { checkpointsOf, type ReadModels } from '#read-models';
import { nameOf, type ProjectionVersion } from '../projections.js';

/** Where the fold of one partition stands, and whose it is. */
export interface Place {
  readonly partition: number;
  /** Who took it over last; null where nobody ever did. */
  readonly owner: string | null;
  /** The sequence of the last event that is folded for good; 0 for none. */
  readonly position: number;
  /** The consumer of that owner; null where there is none (any more, or yet). */
  readonly consumer: ConsumerLag | null;
}

/** By the checkpoints, which are the truth; by the consumers where the read models are in some process's memory. */
export async function placesOf(
  of: ProjectionVersion,
  readModels: ReadModels | null,
  consumers: readonly ConsumerLag[],
): Promise<Place[]> {
  if (!readModels) {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    return partitions.map((partition) => placeInMemory(of, partition, consumers));
  }
  const stored = await checkpointsOf(readModels.checkpoints, of.projection.name, of.version);
  return stored.map((checkpoint, partition) => {
    if (!checkpoint) return { partition, owner: null, position: 0, consumer: null };
    const { owner, seq: position, epoch } = checkpoint;
    // Only that of the highest epoch: those of older owners may stay behind.
    const name = `${nameOf(of)}-${partition}-e${epoch}`;
    return { partition, owner, position, consumer: consumers.find((one) => one.name === name) ?? null };
  });
}

/** A consumer of read models in memory is called `<projection>-<version>-<owner>-<partition>-e<epoch>`. */
function placeInMemory(of: ProjectionVersion, partition: number, consumers: readonly ConsumerLag[]): Place {
  const pattern = new RegExp(`^${nameOf(of)}-(.+)-${partition}-e(\\d+)$`);
  const found = consumers
    .flatMap((consumer) => {
      const [, owner, epoch] = pattern.exec(consumer.name) ?? [];
      return owner === undefined ? [] : [{ owner, epoch: Number(epoch), consumer }];
    })
    .sort((a, b) => b.epoch - a.epoch)[0];
  if (!found) return { partition, owner: null, position: 0, consumer: null };
  const { owner, consumer } = found;
  return { partition, owner, position: consumer.acknowledgedSeq, consumer };
}
