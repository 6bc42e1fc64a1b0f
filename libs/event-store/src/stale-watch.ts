const LOOK_MS = 5_000;

/** A consumer, as far as it is watched. */
export interface Watched {
  /** Up to which sequence it has given; null while nothing is due from it. */
  readonly givenTo: () => number | null;
  /** The last sequence that there is for it, by the leader of its stream. */
  readonly last: () => Promise<number>;
  /** It gives nothing although something is there. */
  readonly stale: () => void;
}

/**
 * Looks whether a consumer gives what its stream has. One lives on a server and gives of that server's copy: of one that led
 * and was cut off, it may be a minute until the copy is as the others' are, and all the while the consumer says that it is
 * well, and has nothing.
 */
export class StaleWatch {
  /** Where it stood when something was there that it did not give; null where there was nothing. */
  #behindAt: number | null = null;
  #isLooking = false;
  readonly #looks: NodeJS.Timeout;

  constructor(private readonly watched: Watched) {
    this.#looks = setInterval(() => void this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#looks);
  }

  /** What it did not give by the next look either it does not have. */
  async #look(): Promise<void> {
    const { givenTo, last, stale } = this.watched;
    const at = givenTo();
    if (at !== null && at === this.#behindAt) {
      stale();
      return;
    }
    this.#behindAt = null;
    if (at === null || this.#isLooking) return;
    this.#isLooking = true;
    try {
      if ((await last()) > at) this.#behindAt = at;
    } catch {
      // The log is away: others see to that.
    } finally {
      this.#isLooking = false;
    }
  }
}
