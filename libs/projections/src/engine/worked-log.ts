import type { ConsumeOptions, EventLog, Live, PartitionConsumer, Workers } from '#event-store';

/** What a worker asks of the log: an {@link EventLog} has all of it. */
export interface WorkedLog extends Pick<EventLog, 'setUp' | 'recordAt' | 'deadLetter'> {
  readonly live: Pick<Live, 'publishToRoom' | 'publishToUser' | 'flush' | 'onInterrupted'>;
  readonly workers: PresentWorkers;
  consume(options: ConsumeOptions): Promise<RecordSource>;
}

export type PresentWorkers = Pick<Workers, 'beat' | 'of' | 'leave' | 'announce' | 'onAnnounced'>;

/** The records of one partition, in order, as a {@link PartitionConsumer} fetches them. */
export type RecordSource = Pick<PartitionConsumer, 'ended' | 'next' | 'ack' | 'lag' | 'close'>;
