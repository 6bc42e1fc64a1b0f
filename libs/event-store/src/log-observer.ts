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
