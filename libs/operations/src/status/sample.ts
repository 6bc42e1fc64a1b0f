import type { EventLog, StreamFigures } from '#event-store';
import { type Lag, lagsAt, placesOf, type Projection } from '#projections';
import { IN_MAIL } from '#protocol';
import type { ReadModels } from '#read-models';
import { allProjections, nameOf, type ProjectionVersion } from '../versions.js';

/** What is looked at. */
export interface LookedAt {
  readonly log: EventLog;
  /** Null where they are in the memory of a process: then the consumers say how far it is. */
  readonly readModels: ReadModels | null;
}

/** What one partition of a projection looks like at a moment. */
export interface PartitionSample extends Lag {
  readonly deadLetters: number;
}

export interface ProjectionSample extends ProjectionVersion {
  /** Whether it is being built, beside the one that is served. */
  readonly building: boolean;
  /** Those at work on it now. */
  readonly workers: readonly string[];
  readonly partitions: readonly PartitionSample[];
}

export interface Sample {
  /** This machine's own clock for intervals, ms. */
  readonly takenAt: number;
  readonly streams: readonly StreamFigures[];
  readonly projections: readonly ProjectionSample[];
  /** Projections that nobody ever ran on these servers. */
  readonly neverRun: readonly string[];
  /** Null where no gateway ever told a webhook. */
  readonly inMail: InMailSample | null;
}

/** What the in-mail webhook has yet to be told. */
export interface InMailSample {
  /** Messages that were not looked at yet, or are to be tried again. */
  readonly lagEvents: number;
  readonly deadLetters: number;
}

/** @throws LogUnavailable, ReadModelsUnavailable */
export async function takeSample(servers: LookedAt): Promise<Sample> {
  const { log } = servers;
  const streams = await log.streams();
  const now = streams[0]?.at ?? Date.now();
  const letters = await log.letters.places();
  const found = await Promise.all(allProjections.map((projection) => versionsOf(projection, servers.readModels)));
  const samples = found.flat().map((version) =>
    sampleOf(servers, version, now, (partition) => {
      const { name } = version.projection;
      return letters.filter((at) => at.projection === name && at.partition === partition).length;
    }),
  );
  const run = (await Promise.all(samples)).filter((sample) => sample !== null);
  const consumer = (await log.consumers()).find(({ name }) => name === IN_MAIL);
  const lost = letters.filter(({ projection }) => projection === IN_MAIL).length;
  return {
    takenAt: performance.now(),
    streams,
    projections: run,
    neverRun: allProjections.filter((one) => run.every(({ projection }) => projection !== one)).map(({ name }) => name),
    inMail: consumer || lost > 0 ? { lagEvents: consumer?.pending ?? 0, deadLetters: lost } : null,
  };
}

type ShownVersion = Pick<ProjectionSample, 'projection' | 'version' | 'building'>;

/** The one that is served and the one that is being built. */
async function versionsOf(projection: Projection<unknown>, readModels: ReadModels | null): Promise<ShownVersion[]> {
  if (!readModels) return [{ projection, version: 1, building: false }];
  const versions = await readModels.versions.read(projection.name);
  if (!versions) return [];
  const { serving, building } = versions;
  return [
    { projection, version: serving.number, building: false },
    ...(building ? [{ projection, version: building.number, building: true }] : []),
  ];
}

/** Null where nobody ever ran it. */
async function sampleOf(
  { log, readModels }: LookedAt,
  shown: ShownVersion,
  now: number,
  lettersIn: (partition: number) => number,
): Promise<ProjectionSample | null> {
  const { projection, version } = shown;
  const places = await placesOf(projection, version, readModels, await log.consumers());
  const present = await log.workers.of(nameOf(shown));
  // Read models in memory are not shared out: who folds them tells nobody.
  const workers = readModels ? present : [...new Set(places.flatMap(({ owner }) => owner ?? []))];
  if (workers.length === 0 && places.every(({ owner }) => owner === null)) return null;
  const lags = await lagsAt(places, projection, log, now);
  const partitions = lags.map((lag) => ({ ...lag, deadLetters: lettersIn(lag.partition) }));
  return { ...shown, workers, partitions };
}
