import { type DynamicModule, type ExecutionContext, Inject, Injectable, Logger, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import type { Request } from 'express';
import type { HttpSettings } from './config.js';
import { HealthController } from './health.js';
import { callerOf } from './http-auth.js';
import { httpFault, Refused } from './http-errors.js';
import { LineLimit } from './line-limit.js';
import { type Caller, InvalidToken, isService, Tokens } from './tokens.js';

// How much one may ask for, over all routes together: a user where a valid token says who it is, else an address. Not
// limited are whoever probes the health, and the surrounding application, which is trusted and tells of thousands.

@Injectable()
class HttpLimits extends ThrottlerGuard {
  @Inject(Tokens) private readonly tokens!: Tokens;
  readonly #log = new Logger('HTTP');
  readonly #lines = new LineLimit(
    (line) => {
      this.#log.warn(line);
    },
    { lines: 5, intervalMs: 10_000 },
  );

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    // Frames of sockets have limits of their own.
    if (context.getType() !== 'http' || context.getClass() === HealthController) return Promise.resolve(true);
    const caller = this.#caller(context.switchToHttp().getRequest<Request>());
    return Promise.resolve(caller !== null && isService(caller));
  }

  protected override async getTracker(request: Request): Promise<string> {
    const caller = this.#caller(request);
    return caller === null ? `address ${await super.getTracker(request)}` : `user ${JSON.stringify(caller.userId)}`;
  }

  protected override generateKey(_: ExecutionContext, tracker: string): string {
    return tracker;
  }

  protected override throwThrottlingException(_: ExecutionContext, { tracker }: { tracker: string }): Promise<void> {
    this.#lines.say(`too many requests of ${tracker}: refused with 429`);
    const message = 'too many requests: try again after the seconds that Retry-After says';
    return Promise.reject(new Refused(429, [httpFault('TOO_MANY', message)]));
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

/** The module with its limits: so many requests at once, and so many again after the time that they may take. */
export function limited(
  module: DynamicModule,
  tokens: Tokens,
  { requestsPerSecond, requestsBurst }: HttpSettings,
): DynamicModule {
  const throttler = { limit: requestsBurst, ttl: (requestsBurst / requestsPerSecond) * 1_000 };
  return {
    module: LimitedModule,
    imports: [module, ThrottlerModule.forRoot([throttler])],
    providers: [
      { provide: Tokens, useValue: tokens },
      { provide: APP_GUARD, useClass: HttpLimits },
    ],
  };
}
