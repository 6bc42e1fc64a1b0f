import type { ConsumeOptions, EventLog, Live, Members, PartitionConsumer } from '#event-store';

/** What a worker asks of the log: an {@link EventLog} has all of it. */
export interface WorkedLog extends Pick<EventLog, 'setUp' | 'recordAt' | 'deadLetter'> {
  readonly live: Pick<Live, 'publishToRoom' | 'publishToUser' | 'flush' | 'onInterrupted'>;
  readonly members: PresentMembers;
  consume(options: ConsumeOptions): Promise<RecordSource>;
}

export type PresentMembers = Pick<Members, 'beat' | 'of' | 'leave' | 'announce' | 'onAnnounced'>;

/** The records of one partition, in order, as a {@link PartitionConsumer} fetches them. */
export type RecordSource = Pick<PartitionConsumer, 'ended' | 'next' | 'ack' | 'lag' | 'close'>;
