import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { finalize, type Observable } from 'rxjs';
import { callerOf, FairQueue, httpFault, invalid, Tokens } from '#platform';

/** How many lists are read at the same time; each waits for the database most of its time. */
const AT_ONCE = 4;

/** Injection token of how long a list may wait for its turn, and a client take to read it. Seconds. */
export const LIST_SECONDS = Symbol('seconds for a list');

/**
 * Lists are read few at a time, and one for each person: the next one once the client has the one before. Who asks for
 * many at once waits for himself, and what is made and not read yet stays small.
 */
@Injectable()
export class InTurn implements NestInterceptor {
  readonly #queue: FairQueue;
  readonly #patience: number;

  constructor(
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(LIST_SECONDS) seconds: number,
  ) {
    this.#patience = seconds * 1_000;
    this.#queue = new FairQueue({ atOnce: AT_ONCE, patience: this.#patience });
  }

  intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const { userId } = callerOf(http.getRequest<Request>(), this.tokens);
    const response = http.getResponse<Response>();
    return new Promise((resolve, reject) => {
      const read = () =>
        new Promise<void>((done) => {
          if (response.closed) throw invalid([httpFault('VALIDATION', 'nobody waits for this any more')]);
          resolve(next.handle().pipe(finalize(done)));
        });
      this.#queue.run(userId, read, () => taken(response, this.#patience)).catch(reject);
    });
  }
}

/** Resolves once the client has the answer, or has gone; who takes too long is cut off. */
function taken(response: Response, patience: number): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) {
      resolve();
      return;
    }
    const late = setTimeout(() => response.destroy(), patience);
    response.once('close', () => {
      clearTimeout(late);
      resolve();
    });
  });
}
