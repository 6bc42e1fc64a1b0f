import pTimeout from 'p-timeout';
import { LogUnavailable } from '#event-store';

/** `lost`: the log is away, and what comes is refused at once. */
export type Way = 'open' | 'lost';

/** What waits for what is said next is not kept longer. Milliseconds. */
const PATIENCE = 4_500;

/**
 * Where commands pass. While the connection to the log is lost they are refused; once it is back, they wait until
 * everybody's membership was read again.
 */
export class Gate {
  #way: Way | Promise<Way> = 'open';
  #settle: ((way: Way) => void) | null = null;

  get way(): Way | Promise<Way> {
    return this.#way;
  }

  /** @throws LogUnavailable where the log is away, or does not come back in time */
  async pass(): Promise<void> {
    if (this.#way === 'open') return;
    const way = await pTimeout(Promise.resolve(this.#way), { milliseconds: PATIENCE, fallback: () => 'lost' as const });
    if (way === 'lost') throw new LogUnavailable('the log is away');
  }

  open(): void {
    this.#set('open');
  }

  shut(): void {
    this.#set('lost');
  }

  /** Lets everything that comes wait for what is said next. */
  hold(): void {
    if (this.#settle) return;
    this.#way = new Promise((resolve) => (this.#settle = resolve));
  }

  #set(way: Way): void {
    this.#way = way;
    this.#settle?.(way);
    this.#settle = null;
  }
}
