import { type DomainEvent, partitionOf, RetryableError } from '#domain';
import type { Facts } from '#tracing';

/** How long anything asked of the log may take before it is given up, in ms: callers hear within 5 s. */
export const ANSWER_LIMIT_MS = 4_500;

// What becomes of an event that is to be stored: it is, certainly not, or nobody knows.

/** What the stream says of one message: stored, there already, or not as expected. */
export interface Stored {
  readonly seq: number;
  readonly duplicate: boolean;
}

/** The log cannot be reached or does not answer. What was to be stored is certainly not: it may be tried again. */
export class LogUnavailable extends RetryableError {
  override readonly name = 'LogUnavailable';
}

/** An event was sent to the log, and no answer came: it may be stored. The same again, with the same id, settles it. */
export class OutcomeUnknown extends RetryableError {
  override readonly name = 'OutcomeUnknown';
}

/**
 * What became of an event: stored; there already, as the same one; not stored, since the last one was another than was
 * expected, or since it was refused or the log was away; or nobody knows.
 */
export type AppendOutcome = 'stored' | 'duplicate' | 'conflict' | 'not_stored' | 'unknown';

/** Is told what a log does, to count it. It is called in the middle of that: it must be quick, and not throw. */
export interface LogObserver {
  /** An event is about to be sent; {@link appended} follows. */
  appending(): void;
  appended(outcome: AppendOutcome, seconds: number): void;
  /** Something else was asked, and answered. */
  answered(seconds: number): void;
}

// What a trace says of an append, in the words of OpenTelemetry's conventions for messaging. The subject is not said: it
// holds the room, and the name of a room may hold people.

export const factsOfAppend = (stream: string, { type, room, id }: DomainEvent): Facts => ({
  'messaging.system': 'nats',
  'messaging.operation.name': 'publish',
  'messaging.operation.type': 'send',
  'messaging.destination.name': stream,
  'messaging.destination.partition.id': String(partitionOf(room)),
  'messaging.message.id': id,
  'parley.event.type': type,
});

export const factsOfOutcome = (outcome: Stored | 'conflict'): Facts =>
  outcome === 'conflict'
    ? { 'parley.append.outcome': 'conflict' }
    : { 'parley.append.outcome': outcome.duplicate ? 'duplicate' : 'stored', 'parley.log.sequence': outcome.seq };
