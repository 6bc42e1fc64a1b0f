/** How long anything asked of the log may take before it is given up, in ms: callers hear within 5 s. */
export const ANSWER_LIMIT_MS = 4_500;

// What becomes of an event that is to be stored: it is (`Stored`), certainly not, or nobody knows.

/** The log cannot be reached or does not answer. What was to be stored is certainly not: it may be tried again. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
  readonly retryable = true;
}

/** An event was sent to the log, and no answer came: it may be stored. The same again, with the same id, settles it. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
  readonly retryable = true;
}

/** Whether the same may be tried again: so says every error of the log, and of what else may be away, of itself. */
export const isRetryable = (error: unknown): error is Error =>
  error instanceof Error && 'retryable' in error && error.retryable === true;
