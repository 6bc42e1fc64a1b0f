import type { Config } from '#settings';
import type { Outbound } from './outbound.js';
import type { SessionSocket } from './session-socket.js';

/** Whether the client of a connection is still there: it is pinged, and answers in time. */
export class Pings {
  #pingAt: number;
  /** When the last ping was sent that has not been answered; 0 for none. */
  #pinged = 0;

  constructor(
    private readonly ws: Pick<SessionSocket, 'ping' | 'pong' | 'isPaused'>,
    private readonly outbound: Outbound,
    private readonly limits: Config['limits'],
  ) {
    // Spread, so that those who came together are not pinged together for ever.
    this.#pingAt = performance.now() + limits.pingSeconds * 1_000 * (0.5 + Math.random() / 2);
  }

  /** @returns whether it was asked for */
  heard(): boolean {
    const isAnswer = this.#pinged > 0;
    this.#pinged = 0;
    return isAnswer;
  }

  /** A ping that was sent behind a list leaves only now. */
  unblocked(): void {
    if (this.#pinged > 0) this.#pinged = performance.now();
  }

  /** @returns whether the client is taken to be there still */
  beat(now: number): boolean {
    const { ws, limits } = this;
    // Of a socket that is not read, only a write that fails tells that the client has gone. A pong asks for no answer.
    if (ws.isPaused) ws.pong();
    if (this.#pinged > 0) {
      // Where the ping has not left, or pongs are not read, silence says nothing of the client.
      const isHeard = !this.outbound.isBlocked && !ws.isPaused;
      return !isHeard || now - this.#pinged <= limits.pongSeconds * 1_000;
    }
    if (now >= this.#pingAt) {
      this.#pinged = now;
      this.#pingAt = now + limits.pingSeconds * 1_000;
      ws.ping();
    }
    return true;
  }
}

/** One timer for all connections: with one each, a long-lived token would overflow it. Milliseconds. */
const BEAT = 500;

/** Looks after every connection twice a second: pings, pongs, and the end of tokens by time or by revocation. */
export class KeepAlive {
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly sessions: ReadonlySet<{ beat(now: number): void }>) {}

  start(): void {
    this.#timer ??= setInterval(() => {
      const now = performance.now();
      for (const session of this.sessions) session.beat(now);
    }, BEAT).unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }
}
