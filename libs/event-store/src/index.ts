export type { BacklogPart } from './backlog.js';
export type { Backups, Standing } from './backup/backups.js';
export { type BackedUpStream, SnapshotRefused } from './backup/snapshots.js';
export type { EventCopy } from './copier.js';
export { DirectChats } from './direct-chats.js';
export type { ConsumerLag } from './consumer-lag.js';
export type { DeadLetter, LetterPlace, StoredLetter } from './dead-letters.js';
export type { Decided } from './decide.js';
export type { AskedLive, AskedLog } from './asked-log.js';
export { EventLog } from './event-log.js';
export type { AppendOptions, EncryptionOptions, LogOptions } from './log-options.js';
export type { ClockReading, FoundConsumer, Inspection, Room as StorageRoom } from './inspection/inspection.js';
export type { RightsFound, RoleName } from './inspection/rights.js';
export type { Live, LiveSubscription } from './live.js';
// For who measures what it costs.
export * as cipher from './keys/cipher.js';
export { KeyMissing } from './keys/keyring.js';
export { MasterKeyMissing } from './keys/master-keys.js';
export { decodeRecord, type LogRecord, readableEvent } from './log-record.js';
export { type AppendOutcome, type LogObserver, LogUnavailable, OutcomeUnknown, type Stored } from './outcomes.js';
export type { ConsumeOptions, ConsumerEnd, PartitionConsumer } from './partition-consumer.js';
export type { Revocations } from './revocations.js';
export type { TokenFacts } from './revoked-tokens.js';
export type { PresentWorker, Workers } from './workers.js';
export { People } from './people.js';
export type { FollowOptions, ReadOptions } from './reader.js';
export {
  type Batch,
  filterOf,
  type Moment,
  type Reading,
  readSelected,
  recordLine,
  type Selected,
  type Selection,
  seqFrom,
  seqOfLast,
  seqUntil,
} from './selection/selected.js';
export type { Deliveries, Delivery, ShareOptions } from './shared-consumer.js';
export { StreamMismatch } from './stream.js';
export type { LogState, StreamFigures } from './stream-figures.js';
export type { LogFilter } from './subjects.js';
