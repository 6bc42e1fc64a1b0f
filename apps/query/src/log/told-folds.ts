import type { Room } from '#domain';
import type { LiveSubscription } from '#event-store';
import type { FoldsHeard, ToldFold } from './folds-heard.js';

/** Who reads slower than is folded misses some, as whoever hears of it does. */
const KEPT_AT_MOST = 1_000;

/** What one reader of the log is still to be told of what was folded. */
export class ToldFolds {
  #waiting: ToldFold[] = [];
  #onTold: () => void = () => undefined;
  readonly #subscription: LiveSubscription;

  /** @param room all where it is not given */
  constructor(heard: FoldsHeard, room: Room | undefined) {
    this.#subscription = heard.listen(room, (told) => {
      this.#waiting.push(...told);
      if (this.#waiting.length > KEPT_AT_MOST) this.#waiting.splice(0, this.#waiting.length - KEPT_AT_MOST);
      this.#onTold();
    });
  }

  /** @param listener hears that there is something to take */
  onTold(listener: () => void): void {
    this.#onTold = listener;
  }

  take(): ToldFold[] {
    const told = this.#waiting;
    this.#waiting = [];
    return told;
  }

  stop(): void {
    this.#subscription.stop();
  }
}
