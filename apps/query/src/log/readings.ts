import type { OnModuleDestroy } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { FairQueue, httpFault, HttpRefusal, invalid, TurnMissed } from '#platform';
import type { Begun } from '../export/exports.js';

export interface ReadingLimits {
  /** How many a process has at the same time: each is a consumer of the log. */
  readonly atOnce: number;
  /** How long one answer may take. It can be gone on with. Milliseconds. */
  readonly time: number;
  /** How long nothing of an answer has to be taken for it to end. Milliseconds. */
  readonly idle: number;
  /** How long a room may wait for the one before it, and how long its own fold may take. Milliseconds. */
  readonly fold: number;
}

const LIMITS: ReadingLimits = { atOnce: 16, time: 3_600_000, idle: 30_000, fold: 30_000 };

const unavailable = (message: string) => new HttpRefusal(503, [httpFault('UNAVAILABLE', message)]);

/** An answer to whoever asked for a room. */
export type Asked = Pick<ServerResponse, 'closed' | 'once' | 'destroy'>;

/** Who reads the log over HTTP at this moment: few at a time, and one room is folded after the other. */
export class Readings implements OnModuleDestroy {
  readonly #closing = new AbortController();
  readonly #folds: FairQueue;
  #underWay = 0;

  constructor(private readonly limits: ReadingLimits = LIMITS) {
    this.#folds = new FairQueue({ atOnce: 1, patience: limits.fold });
  }

  /** @throws HttpRefusal */
  begin(): Begun {
    if (this.#underWay >= this.limits.atOnce) {
      throw unavailable('others read the log: try again');
    }
    this.#underWay++;
    return {
      end: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.limits.time)]),
      idle: this.limits.idle,
      over: () => this.#underWay--,
    };
  }

  /**
   * A room in memory is much: there is one at a time, and for each who asks the next one once the answer before is taken.
   * @param work is to end with the reason of the signal: nobody waits for it any more, or it takes too long
   * @throws HttpRefusal
   */
  fold<T>(userId: string, answer: Asked, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const closed = new Promise<void>((resolve) => {
      if (answer.closed) resolve();
      else answer.once('close', resolve);
    });
    return new Promise((resolve, reject) => {
      const begin = async () => {
        resolve(await this.#inTime(closed, work));
      };
      this.#folds
        .run(userId, begin, () => this.#taken(answer, closed))
        .catch((error: unknown) => {
          throw error instanceof TurnMissed ? unavailable('others look at rooms for too long: try again') : error;
        })
        .catch(reject);
    });
  }

  async #inTime<T>(closed: Promise<void>, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const end = new AbortController();
    void closed.then(() => {
      end.abort(invalid([httpFault('VALIDATION', 'nobody waits for this any more')]));
    });
    const seconds = this.limits.fold / 1_000;
    const late = setTimeout(() => {
      end.abort(unavailable(`this room could not be folded within ${seconds} s: try again, or see chatctl at`));
    }, this.limits.fold);
    try {
      // Whoever left while he waited is known by now.
      await Promise.resolve();
      end.signal.throwIfAborted();
      return await work(end.signal);
    } finally {
      clearTimeout(late);
    }
  }

  /** Once it is, or whoever asked has gone; who takes too long is cut off. */
  async #taken(answer: Asked, closed: Promise<void>): Promise<void> {
    const late = setTimeout(() => answer.destroy(), this.limits.idle);
    await closed;
    clearTimeout(late);
  }

  onModuleDestroy(): void {
    this.#closing.abort();
  }
}
