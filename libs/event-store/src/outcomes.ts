import { RetryableError } from '#domain';

/** How long anything asked of the log may take before it is given up, in ms: callers hear within 5 s. */
export const ANSWER_LIMIT_MS = 4_500;

// What becomes of an event that is to be stored: it is (`Stored`), certainly not, or nobody knows.

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
