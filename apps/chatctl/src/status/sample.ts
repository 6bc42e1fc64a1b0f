import type { StreamFigures } from '#event-store';
import type { Projection } from '#projections';
import { nameOf, projections } from '../projections.js';
import type { Servers } from '../servers.js';
import { type Place, placesOf } from './places.js';

/** What one partition of a projection looks like at a moment. */
export interface PartitionSample extends Place {
  readonly lagEvents: number;
  /** The age of the oldest event that is not folded, seconds by the log's clock; 0 where all are. */
  readonly lagSeconds: number;
  readonly deadLetters: number;
}

export interface ProjectionSample {
  readonly projection: Projection<unknown>;
  /** Those at work on it now. */
  readonly workers: readonly string[];
  readonly partitions: readonly PartitionSample[];
}

export interface Sample {
  /** This machine's own clock for intervals, ms. */
  readonly takenAt: number;
  readonly streams: readonly StreamFigures[];
  readonly projections: readonly ProjectionSample[];
}

/** @throws LogUnavailable, ReadModelsUnavailable */
export async function takeSample(servers: Servers): Promise<Sample> {
  const { log } = servers;
  const streams = await log.streams();
  const now = streams[0]?.at ?? Date.now();
  const letters = await log.deadLetterPlaces();
  return {
    takenAt: performance.now(),
    streams,
    projections: await Promise.all(
      projections.map((projection) =>
        sampleOf(servers, projection, now, (partition) => {
          const here = letters.filter((at) => at.projection === projection.name && at.partition === partition);
          return here.length;
        }),
      ),
    ),
  };
}

async function sampleOf(
  { log, readModels }: Servers,
  projection: Projection<unknown>,
  now: number,
  lettersIn: (partition: number) => number,
): Promise<ProjectionSample> {
  const places = await placesOf(projection, readModels, await log.consumers());
  const present = await log.members.of(nameOf(projection));
  // Read models in memory are not shared out: who folds them tells nobody.
  const workers = readModels ? present : [...new Set(places.flatMap(({ owner }) => owner ?? []))];
  const isRun = workers.length > 0 || places.some(({ owner }) => owner !== null);
  const partitions = places.map(async (place) => {
    const { partition, position, consumer } = place;
    const part = { partition, ...(projection.kinds && { kinds: projection.kinds }), from: position + 1 };
    // What nobody ever ran has no lag that anybody would wait for.
    const lagEvents = isRun ? (consumer?.pending ?? (await log.backlog(part))) : 0;
    const oldestAt = lagEvents === 0 ? null : await log.oldestOfBacklog(part);
    const lagSeconds = oldestAt === null ? 0 : Math.max(0, (now - oldestAt) / 1_000);
    return { ...place, lagEvents, lagSeconds, deadLetters: lettersIn(partition) };
  });
  return { projection, workers, partitions: await Promise.all(partitions) };
}
