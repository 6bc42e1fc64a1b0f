import type { Session } from './session.js';

/** One timer for all connections: with one each, a long-lived token would overflow it. Milliseconds. */
const BEAT = 500;

/** Looks after every connection twice a second: pings, pongs, and the end of tokens by time or by revocation. */
export class KeepAlive {
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly sessions: ReadonlySet<Session>) {}

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
