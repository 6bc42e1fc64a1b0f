import pTimeout from 'p-timeout';
import { LogUnavailable } from '#event-store';

/** `shut`: the log is away, and what comes is refused at once. */
export type BarrierState = 'open' | 'shut';

/** What waits for what is said next is not kept longer. Milliseconds. */
const PATIENCE = 4_500;

/**
 * Where commands pass. While the connection to the log is lost they are refused; once it is back, they wait until
 * everybody's membership was read again. While it is in doubt whether what is told elsewhere is heard here, each of them
 * waits until its own person's was.
 */
export class CommandBarrier {
  #reread: ((userId: string) => Promise<void>) | null = null;
  #state: BarrierState | Promise<BarrierState> = 'open';
  #settle: ((state: BarrierState) => void) | null = null;

  get state(): BarrierState | Promise<BarrierState> {
    return this.#state;
  }

  /** Whether what is known here is all that a command needs. */
  get isOpen(): boolean {
    return this.#state === 'open' && this.#reread === null;
  }

  /** @param reread reads a person again, for each of their commands; null where that is not needed any more */
  doubt(reread: ((userId: string) => Promise<void>) | null): void {
    this.#reread = reread;
  }

  /**
   * What a person's command is decided by is as the log has it.
   * @param since when the command came here: it has waited since, by `performance.now()`
   * @throws LogUnavailable where that cannot be seen to in time
   */
  async assure(userId: string, since: number): Promise<void> {
    if (!this.#reread) return;
    const left = PATIENCE - (performance.now() - since);
    const away = new LogUnavailable('the log does not say in time what is so of this person');
    await pTimeout(this.#reread(userId), { milliseconds: Math.max(left, 1), message: away });
  }

  /** @throws LogUnavailable where the log is away, or does not come back in time */
  async pass(): Promise<void> {
    if (this.#state === 'open') return;
    const state = await pTimeout(Promise.resolve(this.#state), {
      milliseconds: PATIENCE,
      fallback: () => 'shut' as const,
    });
    if (state === 'shut') throw new LogUnavailable('the log is away');
  }

  open(): void {
    this.#set('open');
  }

  shut(): void {
    this.#set('shut');
  }

  /** Lets everything that comes wait for what is said next. */
  hold(): void {
    if (this.#settle) return;
    this.#state = new Promise((resolve) => (this.#settle = resolve));
  }

  #set(state: BarrierState): void {
    this.#state = state;
    this.#settle?.(state);
    this.#settle = null;
  }
}
