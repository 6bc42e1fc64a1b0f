/** How long anything asked of the log may take before it is given up, in ms: callers hear within 5 s. */
export const ANSWER_LIMIT_MS = 4_500;

/**
 * The log did not answer in time or cannot be reached. Whether what was sent has been stored is not known: send it
 * again with the same id.
 */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
  readonly retryable = true;
}
