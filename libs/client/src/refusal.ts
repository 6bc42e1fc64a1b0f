/** The server has refused a command for good: the same again would be refused again. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';

  /** @param code see the wire's list: `no_clan`, `not_found`, `invalid`, … */
  constructor(
    readonly code: string,
    message: string,
    /** Of `slow_mode`: milliseconds after which it is worth another try; of `muted`: until when it is not, ISO 8601. */
    readonly wait: { readonly retryInMs?: number; readonly until?: string } = {},
  ) {
    super(message);
  }
}

/** An HTTP answer that is none of success. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';

  constructor(
    readonly status: number,
    message: string,
    /** Milliseconds after which it is worth another try; null where it is none. */
    readonly retryInMs: number | null,
  ) {
    super(message);
  }
}

/** What a `nack` says. */
export interface Nack {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** In seconds. */
  readonly retry_after?: number;
  readonly until?: string;
}
