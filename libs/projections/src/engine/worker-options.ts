import type { ConsumeOptions, EventLog, Live, PartitionConsumer, Workers } from '#event-store';
import type { ReadModels } from '#read-models';
import type { Clock } from './clock.js';
import type { Projection } from '../projection.js';

/** Reported as one line each; `error` says what to do. */
export interface WorkerLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface WorkerOptions<Change> {
  readonly projection: Projection<Change>;
  /** Which version of it: what its documents, checkpoints, consumers and workers are named by. */
  readonly version: number;
  /** Whether the gateways are told of what it folds: always, or only once the version is served or about to be. */
  readonly announcing: boolean;
  readonly log: WorkedLog;
  readonly readModels: Pick<ReadModels, 'shared' | 'checkpoints' | 'versions' | 'projection' | 'ping'>;
  /** Who this is, in checkpoints, among the workers and in logs: unique to the process. */
  readonly owner: string;
  readonly logger: WorkerLog;
  /** Is told how long each round took, to count it: it must not throw. */
  readonly onRound?: (seconds: number) => void;
  /** Whether what only a newer release can read is waited for, and is no dead letter. Default true. */
  readonly waitsForNewer?: boolean;
  /** Under load a round begins so long after the last one began, ms: fewer and larger writes. Default 16. */
  readonly paceMs?: number;
  /** The system's own where none is given. */
  readonly clock?: Clock;
  /** How many records of a round are folded together, at least, where there are so many. */
  readonly foldedTogether?: number;
  /** How many documents of a sweep are folded at a time. */
  readonly sweptTogether?: number;
}

/** What a worker asks of the log: an {@link EventLog} has all of it. */
export interface WorkedLog extends Pick<EventLog, 'setUp' | 'recordAt' | 'restoredAt'> {
  readonly letters: Pick<EventLog['letters'], 'put'>;
  readonly eraser: Pick<EventLog['eraser'], 'carryOut'>;
  readonly live: Pick<Live, 'publishToRoom' | 'publishToUser' | 'flush' | 'onInterrupted'>;
  readonly workers: PresentWorkers;
  consume(options: ConsumeOptions): Promise<RecordSource>;
}

export type PresentWorkers = Pick<Workers, 'beat' | 'of' | 'present' | 'leave' | 'announce' | 'onAnnounced'>;

/** The records of one partition, in order, as a {@link PartitionConsumer} fetches them. */
export type RecordSource = Pick<PartitionConsumer, 'ended' | 'next' | 'ack' | 'lag' | 'close'>;
