/** The words are not what a command takes: its message says what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
