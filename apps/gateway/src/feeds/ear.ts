import type { LiveSubscription } from '#event-store';

/** Hears a signal for as long as somebody wants to be told of it. */
export class Ear {
  #subscription: LiveSubscription | null = null;

  constructor(
    private readonly isWanted: () => boolean,
    private readonly hear: () => LiveSubscription,
  ) {}

  /** To be called whenever somebody may want it who did not, or the other way round. */
  check(): void {
    const isWanted = this.isWanted();
    if (isWanted && !this.#subscription) this.#subscription = this.hear();
    if (!isWanted) this.stop();
  }

  stop(): void {
    this.#subscription?.stop();
    this.#subscription = null;
  }
}
