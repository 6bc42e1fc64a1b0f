import type { OnModuleDestroy } from '@nestjs/common';
import { FairQueue, httpFault, HttpRefusal } from '#platform';
import type { Begun } from '../export/exports.js';

export interface ReadingLimits {
  /** How many a process has at the same time: each is a consumer of the log. */
  readonly atOnce: number;
  /** How long one answer may take. It can be gone on with. Milliseconds. */
  readonly time: number;
  /** How long nothing of an answer has to be taken for it to end. Milliseconds. */
  readonly idle: number;
}

const LIMITS: ReadingLimits = { atOnce: 16, time: 3_600_000, idle: 30_000 };

/** How long a room may wait for the one before it to be folded. Milliseconds. */
const PATIENCE = 10_000;

/** Who reads the log over HTTP at this moment: few at a time, and one room is folded after the other. */
export class Readings implements OnModuleDestroy {
  readonly #closing = new AbortController();
  readonly #folds = new FairQueue({ atOnce: 1, patience: PATIENCE });
  #underWay = 0;

  constructor(private readonly limits: ReadingLimits = LIMITS) {}

  /** @throws HttpRefusal */
  begin(): Begun {
    if (this.#underWay >= this.limits.atOnce) {
      throw new HttpRefusal(503, [httpFault('UNAVAILABLE', 'others read the log: try again')]);
    }
    this.#underWay++;
    return {
      end: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.limits.time)]),
      idle: this.limits.idle,
      over: () => this.#underWay--,
    };
  }

  /** A room in memory is much: there is one at a time. @throws TurnMissed */
  async fold<T>(userId: string, work: () => Promise<T>): Promise<T> {
    let folded: T;
    await this.#folds.run(
      userId,
      async () => {
        folded = await work();
      },
      () => Promise.resolve(),
    );
    return folded!;
  }

  onModuleDestroy(): void {
    this.#closing.abort();
  }
}
