import { type DynamicModule, Logger, Module } from '@nestjs/common';
import { ThrottlerStorageService } from '@nestjs/throttler';
import type { NextFunction, Request, Response } from 'express';
import {
  clientAddress,
  httpFault,
  HttpRefusal,
  LineLimit,
  type Caller,
  InvalidToken,
  isService,
  type Tokens,
} from '#platform';
import type { HttpSettings } from '#settings';
import { callerOf } from './http-auth.js';

const UNCOUNTED: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);

/**
 * How much one may ask for, whatever it is, there or not: a user where a valid token says who it is, else an address.
 * So many requests at once, and so many again after the time that they may take. Not limited are whoever probes the
 * health, and the surrounding application, which is trusted and tells of thousands.
 */
export class HttpLimits {
  readonly #lines = new LineLimit(new Logger('HTTP'), { lines: 5, intervalMs: 10_000 });
  readonly #addressOf: ReturnType<typeof clientAddress>;
  readonly #burst: number;
  readonly #time: number;

  constructor(
    private readonly counts: ThrottlerStorageService,
    private readonly tokens: Tokens,
    { requestsPerSecond, requestsBurst, trustedProxies }: HttpSettings,
  ) {
    this.#addressOf = clientAddress(trustedProxies);
    this.#burst = requestsBurst;
    this.#time = (requestsBurst / requestsPerSecond) * 1_000;
  }

  readonly handle = (request: Request, response: Response, next: NextFunction): void => {
    this.#count(request, response).then(() => {
      next();
    }, next);
  };

  async #count(request: Request, response: Response): Promise<void> {
    if (UNCOUNTED.has(request.path)) return;
    const caller = this.#caller(request);
    if (caller !== null && isService(caller)) return;
    const who = caller ? `user ${JSON.stringify(caller.userId)}` : `address ${this.#addressOf(request)}`;
    const time = this.#time;
    const count = await this.counts.increment(who, time, this.#burst, time, 'requests');
    if (count.isBlocked) {
      this.#lines.say(`too many requests of ${who}: refused with 429`);
      response.setHeader('Retry-After', count.timeToBlockExpire);
      const message = 'too many requests: try again after the seconds that Retry-After says';
      throw new HttpRefusal(429, [httpFault('TOO_MANY', message)]);
    }
    response.setHeader('X-RateLimit-Limit', this.#burst);
    response.setHeader('X-RateLimit-Remaining', Math.max(0, this.#burst - count.totalHits));
    response.setHeader('X-RateLimit-Reset', count.timeToExpire);
  }

  /** Null where there is no valid token. */
  #caller(request: Request): Caller | null {
    try {
      return callerOf(request, this.tokens);
    } catch (error) {
      if (error instanceof InvalidToken) return null;
      throw error;
    }
  }
}

@Module({})
class LimitedModule {}

/** The module, and beside it its {@link HttpLimits}, which forget all at its end. */
export function limited(module: DynamicModule, tokens: Tokens, settings: HttpSettings): DynamicModule {
  const limits = {
    provide: HttpLimits,
    useFactory: (counts: ThrottlerStorageService) => new HttpLimits(counts, tokens, settings),
    inject: [ThrottlerStorageService],
  };
  return { module: LimitedModule, imports: [module], providers: [ThrottlerStorageService, limits] };
}
