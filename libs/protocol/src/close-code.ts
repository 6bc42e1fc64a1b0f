/** Why a connection was ended by us, and whether a client should come back. */
export interface CloseCode {
  readonly code: number;
  /** At most 123 bytes, the limit of a close frame. */
  readonly reason: string;
  /** `after delay`: not at once; how long stands in the reason of 1012, elsewhere 5 seconds will do. */
  readonly reconnect: boolean | 'after delay';
}

const table = <K extends string>(codes: Record<K, CloseCode>): Readonly<Record<K, CloseCode>> => codes;

/** Every code that this service closes a connection with, beside the protocol's own of RFC 6455 (1002, 1007). */
export const CLOSE = table({
  frameTooLarge: { code: 1009, reason: 'frame too large', reconnect: true },
  internal: { code: 1011, reason: 'internal error', reconnect: 'after delay' },
  restart: { code: 1012, reason: 'restart', reconnect: 'after delay' },
  /** With a new token. */
  tokenExpired: { code: 4001, reason: 'token expired', reconnect: true },
  tokenRevoked: { code: 4002, reason: 'token revoked', reconnect: false },
  slowReader: { code: 4008, reason: 'too slow a reader', reconnect: true },
  tooManyFrames: { code: 4009, reason: 'too many messages', reconnect: 'after delay' },
  tooManyConnections: { code: 4010, reason: 'too many connections', reconnect: false },
});

/** The reason of a 1012: it tells each client another delay, so that they do not all come back at once. */
export const restartReason = (delayMs: number): string => `${CLOSE.restart.reason}: reconnect after ${delayMs} ms`;

/** The delay in milliseconds that a reason asks for, or null where it names none. */
export function reconnectDelay(reason: string): number | null {
  const match = /reconnect after (\d+) ms$/.exec(reason);
  return match ? Number(match[1]) : null;
}
