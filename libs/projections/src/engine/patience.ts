import type { Clock } from './clock.js';
import type { Pauses } from './pauses.js';
import { backoff } from './take-overs.js';

/** A database that is away for longer than this may be so for this worker alone: its share is left to the others. */
const PATIENCE_MS = 5_000;

/** Tries again, for a while, what has failed. Only for what may be done twice. */
export class Patience {
  private trying = 0;

  /** @param onFailure is told of each failure that may be tried again, and throws where it is not to be */
  constructor(
    private readonly clock: Clock,
    private readonly pauses: Pauses,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** Whether something has failed and is being tried again. */
  get isTrying(): boolean {
    return this.trying > 0;
  }

  /** @throws what it failed by at last, or what it is not tried again for */
  async attempt<T>(what: () => Promise<T>): Promise<T> {
    const giveUp = this.clock.now() + PATIENCE_MS;
    let failures = 0;
    try {
      for (;;) {
        try {
          return await what();
        } catch (error) {
          if (this.clock.now() > giveUp) throw error;
          this.onFailure(error as Error);
          failures += 1;
          if (failures === 1) this.trying += 1;
          await this.pauses.forMs(backoff(failures));
        }
      }
    } finally {
      if (failures > 0) this.trying -= 1;
    }
  }
}
