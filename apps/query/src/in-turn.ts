import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { finalize, type Observable, throwError, timeout } from 'rxjs';
import { callerOf } from '#http';
import { FairQueue, httpFault, invalid, Tokens } from '#platform';
import type { Config } from '#settings';
import { ReadModelsUnavailable } from '#read-models';

/** How many lists are read at the same time; each waits for the database most of its time. */
const AT_ONCE = 4;

/** How long the database may take for one, in milliseconds. */
export const READ_TIME = 10_000;

/** How long a list may wait for its turn, and a client take to read it; how much may be made and not read yet. */
export type ListLimits = Pick<Config['limits'], 'listSeconds' | 'unreadListBytes'>;

/** Injection token of {@link ListLimits}. */
export const LIST_LIMITS = Symbol('limits of lists');

/**
 * Lists are read few at a time, and one for each person: the next one once the client has the one before. Who asks for
 * many at once waits for himself. None is read while those that nobody has read yet take too much memory together.
 */
@Injectable()
export class InTurn implements NestInterceptor {
  readonly #queue: FairQueue;
  readonly #patience: number;
  /** The answers that are made and not read yet. */
  readonly #unread = new Set<Response>();

  constructor(
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(LIST_LIMITS) { listSeconds, unreadListBytes }: ListLimits,
  ) {
    this.#patience = listSeconds * 1_000;
    this.#queue = new FairQueue({
      atOnce: AT_ONCE,
      hasRoom: () => this.#unreadBytes() < unreadListBytes,
      patience: this.#patience,
    });
  }

  intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const { userId } = callerOf(http.getRequest<Request>(), this.tokens);
    const response = http.getResponse<Response>();
    return new Promise((resolve, reject) => {
      const read = () =>
        new Promise<void>((done) => {
          if (response.closed) throw invalid([httpFault('VALIDATION', 'nobody waits for this any more')]);
          resolve(next.handle().pipe(timeout({ first: READ_TIME, with: late }), finalize(done)));
        });
      this.#queue.run(userId, read, (_, end) => this.#taken(response, end)).catch(reject);
    });
  }

  #unreadBytes(): number {
    let bytes = 0;
    for (const { writableLength } of this.#unread) bytes += writableLength;
    return bytes;
  }

  /** Resolves once the client has the answer, or has gone; who takes too long, or is told to end, is cut off. */
  #taken(response: Response, end: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (response.closed) {
        resolve();
        return;
      }
      const cut = () => response.destroy();
      const late = setTimeout(cut, this.#patience);
      end.addEventListener('abort', cut);
      this.#unread.add(response);
      response.once('close', () => {
        clearTimeout(late);
        this.#unread.delete(response);
        resolve();
      });
    });
  }
}

const late = () => throwError(() => new ReadModelsUnavailable(`no answer within ${READ_TIME / 1_000} s`));
