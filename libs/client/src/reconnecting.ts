/** Milliseconds. */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Before what failed or was refused for the moment is tried again over the same connection. */
export const RETRY: Backoff = { minMs: 500, maxMs: 10_000 };

/** What the server closes a connection with that is not to be opened again by itself: see the wire's table. */
const FINAL = new Set([1002, 1003, 1007, 1008, 4002, 4010]);
/** After these, at once: the token has ended, a frame was too large, too much was unread. */
const AT_ONCE = new Set([1009, 4001, 4008]);
/** After these, not before so many milliseconds: something is wrong there, or too much was sent. */
const LATER = new Map([
  [1011, 5_000],
  [4009, 5_000],
]);

/** A delay anywhere up to a bound that doubles with each attempt: clients that were cut together do not come together. */
export const fullJitter = ({ minMs, maxMs }: Backoff, attempt: number): number =>
  Math.random() * Math.min(maxMs, minMs * 2 ** attempt);

/**
 * Milliseconds until a connection that ended so is opened again; null for never.
 * @param attempt how many have failed one after the other, not counting this
 */
export function reconnectDelay(backoff: Backoff, code: number, reason: string, attempt: number): number | null {
  if (FINAL.has(code)) return null;
  const asked = /reconnect after (\d+) ms$/.exec(reason);
  if (asked) return Number(asked[1]);
  if (AT_ONCE.has(code) && attempt === 0) return 0;
  return (LATER.get(code) ?? 0) + fullJitter(backoff, attempt);
}
