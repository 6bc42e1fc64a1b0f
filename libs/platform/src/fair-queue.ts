import { RetryableError } from '#domain';

/** One who has work waiting, or in hand. */
interface Owner {
  /** Each begins a piece of work; the first is the next. */
  readonly waiting: Set<() => void>;
  isBusy: boolean;
}

/** Work that did not begin in time. Trying again later is right. */
export class TurnMissed extends RetryableError {
  override readonly name = 'TurnMissed';
}

export interface FairQueueOptions {
  /** How many pieces are worked on at a time. */
  readonly atOnce: number;
  /** Whether one more may begin for all that is known outside; call {@link FairQueue.goOn} when that changes. */
  readonly hasRoom?: () => boolean;
  /** How long work may wait. Milliseconds. */
  readonly patience: number;
}

/** How long the rest of a piece may last while others wait for room. Milliseconds. */
const GRACE = 5_000;

/** What the owner of a piece still waits for. */
interface Rest {
  readonly since: number;
  readonly end: AbortController;
}

/**
 * Works on few things at a time, on one for each owner, and on one owner's after the other's: who has much to do waits
 * for himself. While somebody waits for room, what has rested too long is told to end, the longest first, and the next
 * one once that has: nobody keeps the room from the others.
 */
export class FairQueue {
  readonly #owners = new Map<string, Owner>();
  /** Those who have work waiting and none in hand, in the order of their turns. */
  readonly #turns = new Set<Owner>();
  #inWork = 0;
  /** The longest is the first. */
  readonly #rests = new Set<Rest>();
  #pressing: NodeJS.Timeout | undefined;

  constructor(private readonly options: FairQueueOptions) {}

  /** How many owners have work waiting or in hand. */
  get size(): number {
    return this.#owners.size;
  }

  /**
   * @param rest what its owner, and nobody else, still waits for; is to end soon once `end` is aborted
   * @throws TurnMissed
   */
  async run<T>(
    id: string,
    work: () => Promise<T>,
    rest: (worked: T, end: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const owner = this.#owners.get(id) ?? { waiting: new Set(), isBusy: false };
    this.#owners.set(id, owner);
    await this.#turn(id, owner);
    try {
      const worked = await work().finally(() => {
        this.#inWork--;
      });
      await this.#rest((end) => rest(worked, end));
    } finally {
      owner.isBusy = false;
      this.#settle(id, owner);
    }
  }

  /** Begins what may begin. */
  goOn(): void {
    clearTimeout(this.#pressing);
    for (const { waiting } of this.#turns) {
      if (this.#inWork >= this.options.atOnce) return;
      if (this.options.hasRoom?.() === false) {
        this.#press();
        return;
      }
      const [begin] = waiting;
      begin!();
    }
  }

  async #rest(rest: (end: AbortSignal) => Promise<void>): Promise<void> {
    const resting: Rest = { since: performance.now(), end: new AbortController() };
    const over = rest(resting.end.signal);
    this.#rests.add(resting);
    this.goOn();
    try {
      await over;
    } finally {
      this.#rests.delete(resting);
    }
  }

  /** Somebody waits for room: the longest rest is to end when its time is over. */
  #press(): void {
    const [longest] = this.#rests;
    if (!longest) return;
    const left = longest.since + GRACE - performance.now();
    if (left <= 0) {
      longest.end.abort();
      return;
    }
    this.#pressing = setTimeout(() => {
      this.goOn();
    }, left);
  }

  #turn(id: string, owner: Owner): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        owner.waiting.delete(begin);
      };
      const begin = () => {
        leave();
        this.#turns.delete(owner);
        owner.isBusy = true;
        this.#inWork++;
        resolve();
      };
      const timer = setTimeout(() => {
        leave();
        this.#settle(id, owner);
        reject(new TurnMissed(`its turn did not come within ${this.options.patience / 1_000} s`));
      }, this.options.patience);
      owner.waiting.add(begin);
      this.#settle(id, owner);
    });
  }

  #settle(id: string, owner: Owner): void {
    if (owner.isBusy) return;
    if (owner.waiting.size > 0) this.#turns.add(owner);
    else {
      this.#turns.delete(owner);
      this.#owners.delete(id);
    }
    this.goOn();
  }
}
