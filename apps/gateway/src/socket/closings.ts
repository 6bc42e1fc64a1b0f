import { Inject, Injectable, Logger } from '@nestjs/common';
import { LineLimit } from '#platform';
import { CLOSE, type CloseCode, restartReason } from '#protocol';
import { Traffic } from '../traffic.js';
import type { Endpoint } from './endpoint.js';

/** A client that is closed comes back, and may be closed again: so many lines within so many milliseconds. */
const LINES = 20;
const INTERVAL = 10_000;

/** What a connection is ended with. */
export type Closing = Pick<CloseCode, 'code' | 'reason'>;

/** Sends a client away, to come back within so many milliseconds: each at another moment. */
export const comeBack = (within = 5_000): Closing => ({
  code: CLOSE.restart.code,
  reason: restartReason(Math.round(Math.random() * within)),
});

/** Counts which connections were ended by us, and says in the log which were for something of their own, and why. */
@Injectable()
export class Closings {
  readonly #logger = new Logger('Sockets');
  readonly #lines = new LineLimit(this.#logger, { lines: LINES, intervalMs: INTERVAL });

  constructor(@Inject(Traffic) private readonly traffic: Pick<Traffic, 'hasClosed'>) {}

  tell({ path }: Endpoint, userId: string, { code, reason }: Closing): void {
    this.traffic.hasClosed(code);
    // An id may hold anything, line breaks too.
    const line = `${path} of user ${JSON.stringify(userId)} was closed with ${code}: ${reason}`;
    if (code === CLOSE.tokenExpired.code) this.#logger.debug(line);
    else if (code !== CLOSE.restart.code) this.#lines.say(line);
  }
}

/** The codes that ws closes a connection with by itself; all other faults are 1002. */
const protocolCodes: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: CLOSE.frameTooLarge.code,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: CLOSE.frameTooLarge.code,
};

/** What ws closes a connection with over a frame that it does not take. */
export const protocolClosing = (error: Error & { readonly code?: string }): Closing => ({
  code: protocolCodes[error.code ?? ''] ?? 1002,
  reason: error.message,
});
