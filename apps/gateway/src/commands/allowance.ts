import { randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RetryableError } from '#domain';
import { type AskedLog, EventLog, type LiveSubscription } from '#event-store';
import { readSignal } from '../feeds/signals.js';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import { type TokenBucket, TokenBuckets } from '../socket/token-bucket.js';

const TOPIC = 'spent';
/** How often a gateway tells the others what its people spend. Milliseconds. */
const INTERVAL = 250;

interface Spent {
  readonly gateway: string;
  readonly spent: readonly (readonly [userId: string, commands: number])[];
}

/** Somebody asks for more than they may: certainly nothing was stored of it. */
export class TooMany extends RetryableError {
  /** @param retryAfter in seconds */
  constructor(readonly retryAfter: number) {
    super('too many at once');
  }
}

/**
 * How much each person may have stored, over all gateways together. Each gateway counts for itself, and tells the others
 * of those of its people who have spent more than half of what they may spend at once; nobody else costs a word. So
 * the long run is one and the same everywhere, and what is beyond it is, once, half of that for each further gateway.
 */
@Injectable()
export class Allowance implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #id = randomBytes(8).toString('hex');
  readonly #buckets: TokenBuckets;
  readonly #burst: number;
  /** Those of whom the others are to be told. */
  readonly #due = new Map<string, TokenBucket>();
  #timer: NodeJS.Timeout | undefined;
  #subscription: LiveSubscription | undefined;

  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'live'>,
    @Inject(SETTINGS) { limits }: Pick<GatewaySettings, 'limits'>,
  ) {
    this.#burst = limits.appendBurst;
    this.#buckets = new TokenBuckets({ perSecond: limits.appendsPerSecond, burst: limits.appendBurst });
  }

  onApplicationBootstrap(): void {
    this.#subscription = this.log.live.onSignal(TOPIC, (text) => {
      this.#hear(text);
    });
  }

  onApplicationShutdown(): void {
    clearTimeout(this.#timer);
    this.#subscription?.stop();
  }

  /** @throws TooMany */
  spend(userId: string): void {
    const now = performance.now();
    const bucket = this.#buckets.of(userId, now);
    if (!bucket.take(now)) throw new TooMany(Math.max(1, Math.ceil(bucket.waitMs(now) / 1_000)));
    if (bucket.level(now) >= this.#burst / 2) return;
    this.#due.set(userId, bucket);
    this.#timer ??= setTimeout(this.#tell, INTERVAL).unref();
  }

  readonly #tell = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    // What is made up for already does not count.
    const spent = [...this.#due].map(([userId, bucket]) => {
      const missing = Math.ceil(this.#burst - bucket.level(now));
      return [userId, Math.min(missing, bucket.taken())] as const;
    });
    this.#due.clear();
    this.log.live.signal(TOPIC, JSON.stringify({ gateway: this.#id, spent } satisfies Spent));
  };

  #hear(text: string): void {
    const said = readSignal<Spent>(text, ['gateway', 'spent']);
    if (!said || said.gateway === this.#id) return;
    const now = performance.now();
    for (const [userId, commands] of said.spent) this.#buckets.of(userId, now).charge(commands, now);
  }
}
