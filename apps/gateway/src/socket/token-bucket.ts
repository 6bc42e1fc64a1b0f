/** How much may happen: `burst` things at once and `perSecond` of them in the long run. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Lets what happens happen at a rate. Times are milliseconds, of any clock that only goes forward. */
export class TokenBucket {
  #tokens: number;
  #at: number;
  #taken = 0;

  constructor(
    private readonly rate: Rate,
    now: number,
  ) {
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Whether one more may happen now. */
  take(now: number): boolean {
    this.#tokens = this.#tokensAt(now);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    this.#taken++;
    return true;
  }

  /** How often one was let happen here since this was last asked. */
  taken(): number {
    const taken = this.#taken;
    this.#taken = 0;
    return taken;
  }

  /** What happened elsewhere counts here too; at most a burst of it is owed. */
  charge(count: number, now: number): void {
    this.#tokens = Math.max(-this.rate.burst, this.#tokensAt(now) - count);
    this.#at = now;
  }

  /** How much may happen now; below 0 where some is owed. */
  level(now: number): number {
    return this.#tokensAt(now);
  }

  /** Until one more may happen. */
  waitMs(now: number): number {
    return Math.max(0, ((1 - this.#tokensAt(now)) / this.rate.perSecond) * 1_000);
  }

  /** Whether it is as a new one would be. */
  isFull(now: number): boolean {
    return this.#tokensAt(now) === this.rate.burst;
  }

  #tokensAt(now: number): number {
    return Math.min(this.rate.burst, this.#tokens + ((now - this.#at) / 1_000) * this.rate.perSecond);
  }
}

/** So long one that is used keeps its place among those that may be forgotten, since moving it costs more than to use it. */
const PLACE_MS = 1_000;

interface Kept {
  readonly bucket: TokenBucket;
  readonly placedAt: number;
}

/** A bucket for everybody. One is kept until it is full, or a moment longer, so that nobody gains by leaving and coming back. */
export class TokenBuckets {
  /** Who was used last is the last, or nearly. */
  readonly #buckets = new Map<string, Kept>();

  constructor(private readonly rate: Rate) {}

  get size(): number {
    return this.#buckets.size;
  }

  take(owner: string, now: number): boolean {
    return this.of(owner, now).take(now);
  }

  /** Somebody's, about to be used. */
  of(owner: string, now: number): TokenBucket {
    const kept = this.#buckets.get(owner);
    for (const [idle, other] of this.#buckets) {
      if (idle === owner || !other.bucket.isFull(now)) break;
      this.#buckets.delete(idle);
    }
    if (kept && now - kept.placedAt < PLACE_MS) return kept.bucket;
    const bucket = kept?.bucket ?? new TokenBucket(this.rate, now);
    this.#buckets.delete(owner);
    this.#buckets.set(owner, { bucket, placedAt: now });
    return bucket;
  }
}
