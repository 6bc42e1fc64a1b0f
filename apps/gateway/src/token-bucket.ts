/** Lets `burst` things happen at once and `perSecond` of them in the long run. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  /** @param now milliseconds, of any clock that only goes forward */
  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    now: number,
  ) {
    this.#tokens = burst;
    this.#at = now;
  }

  /** Whether one more may happen now. */
  take(now: number): boolean {
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1_000) * this.perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
