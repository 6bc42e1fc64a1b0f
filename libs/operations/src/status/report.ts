import type { StreamFigures } from '#event-store';
import { nameOf } from '../versions.js';
import type { InMailSample, PartitionSample, ProjectionSample, Sample } from './sample.js';

export interface PartitionReport {
  readonly partition: number;
  /** Who took it over last; null where nobody ever did. */
  readonly owner: string | null;
  /** Whether that worker is there. */
  readonly present: boolean;
  readonly position: number;
  readonly lagEvents: number;
  readonly lagSeconds: number;
  /** Events a second; null where it changed hands within that second. */
  readonly rate: number | null;
  readonly deadLetters: number;
}

export interface ProjectionReport {
  /** With its version. */
  readonly projection: string;
  /** Whether it is being built, beside the one that is served. */
  readonly building: boolean;
  readonly workers: readonly string[];
  readonly lagEvents: number;
  readonly lagSeconds: number;
  readonly rate: number;
  readonly deadLetters: number;
  readonly partitions: readonly PartitionReport[];
}

/** What `chatctl status --json` prints, and `GET /operations/status` answers. */
export interface StatusReport {
  readonly streams: readonly Omit<StreamFigures, 'at'>[];
  readonly projections: readonly ProjectionReport[];
  /** Projections that nobody ever ran on these servers. */
  readonly neverRun: readonly string[];
  /** Null where no gateway ever told a webhook. */
  readonly inMail: InMailSample | null;
}

/** What the later of two samples shows, and how fast it went since the earlier one. */
export function reportOf(earlier: Sample, later: Sample): StatusReport {
  const seconds = (later.takenAt - earlier.takenAt) / 1_000;
  return {
    streams: later.streams.map(({ name, messages, bytes, firstSeq, lastSeq }) => ({
      name,
      messages,
      bytes,
      firstSeq,
      lastSeq,
    })),
    projections: later.projections.map((projection) => {
      // One that was first seen now has no rate yet.
      const before = earlier.projections.find((one) => nameOf(one) === nameOf(projection)) ?? projection;
      return projectionReport(before, projection, seconds);
    }),
    neverRun: later.neverRun,
    inMail: later.inMail,
  };
}

function projectionReport(earlier: ProjectionSample, later: ProjectionSample, seconds: number): ProjectionReport {
  const partitions = later.partitions.map((now, i): PartitionReport => {
    const { partition, owner, position, lagEvents, lagSeconds, deadLetters } = now;
    const present = owner !== null && later.workers.includes(owner);
    const rate = rateOf(earlier.partitions[i]!, now, seconds);
    return { partition, owner, present, position, lagEvents, lagSeconds, rate, deadLetters };
  });
  const sum = (of: (report: PartitionReport) => number) => partitions.reduce((total, report) => total + of(report), 0);
  return {
    projection: nameOf(later),
    building: later.building,
    workers: later.workers,
    lagEvents: sum(({ lagEvents }) => lagEvents),
    lagSeconds: Math.max(...partitions.map(({ lagSeconds }) => lagSeconds)),
    rate: sum(({ rate }) => rate ?? 0),
    deadLetters: sum(({ deadLetters }) => deadLetters),
    partitions,
  };
}

/** By what its consumer acknowledged, which counts events; positions count those of the other partitions too. */
function rateOf(earlier: PartitionSample, later: PartitionSample, seconds: number): number | null {
  if (earlier.consumer?.name !== later.consumer?.name) return null;
  return ((later.consumer?.acknowledged ?? 0) - (earlier.consumer?.acknowledged ?? 0)) / seconds;
}
