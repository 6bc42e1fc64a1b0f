/** Why a command is refused: a value, never an exception. The code is the same string on the wire. */
export interface Refusal {
  readonly code: RefusalCode;
  /** The field of the command that is at fault, where there is one. */
  readonly field?: string;
  readonly message: string;
  /** Of `muted`: when it ends, ISO 8601. */
  readonly until?: string;
  /** Of `slow_mode`: the seconds after which it may be tried again. */
  readonly retryAfter?: number;
}

export type RefusalCode =
  | ('not_found' | 'no_clan' | 'same_person' | 'wrong_receiver' | 'not_yours' | 'too_late' | 'deleted')
  | ('muted' | 'banned' | 'slow_mode' | 'blocked' | 'filtered' | 'forbidden' | 'invalid');

/** A command that is refused. */
export interface Refused {
  readonly refusal: Refusal;
}

/**
 * What a command comes to: an event to append, nothing because it is so already, or a refusal. A command makes at most
 * one event, so that one append is all there is to make atomic.
 */
export type Decision<E> = { readonly event: E | null } | Refused;

export const decided = <E>(event: E | null): Decision<E> => ({ event });

export const refused = (code: RefusalCode, message: string, field?: string): Refused => ({
  refusal: { code, message, ...(field !== undefined && { field }) },
});

/** It failed for the moment: the same may be tried again. What else went wrong will not be otherwise the next time. */
export class RetryableError extends Error {}

/** What an operator asked for cannot be done as things are: the message says why, and what to do. */
export class OperationRefused extends Error {
  override readonly name = 'OperationRefused';
}
