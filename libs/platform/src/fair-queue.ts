/** One who has work waiting, or in hand. */
interface Owner {
  /** Each begins a piece of work; the first is the next. */
  readonly waiting: Set<() => void>;
  isBusy: boolean;
}

/** Work that did not begin in time. Trying again later is right. */
export class TurnMissed extends Error {
  override readonly name = 'TurnMissed';
  readonly retryable = true;
}

export interface FairQueueOptions {
  /** How many pieces are worked on at a time. */
  readonly atOnce: number;
  /** Whether one more may begin for all that is known outside; call {@link FairQueue.goOn} when that changes. */
  readonly hasRoom?: () => boolean;
  /** How long work may wait. Milliseconds. */
  readonly patience: number;
}

/**
 * Works on few things at a time, on one for each owner, and on one owner's after the other's: who has much to do waits
 * for himself.
 */
export class FairQueue {
  readonly #owners = new Map<string, Owner>();
  /** Those who have work waiting and none in hand, in the order of their turns. */
  readonly #turns = new Set<Owner>();
  #inWork = 0;

  constructor(private readonly options: FairQueueOptions) {}

  /** How many owners have work waiting or in hand. */
  get size(): number {
    return this.#owners.size;
  }

  /**
   * @param rest what its owner, and nobody else, still waits for
   * @throws TurnMissed
   */
  async run<T>(id: string, work: () => Promise<T>, rest: (worked: T) => Promise<void>): Promise<void> {
    const owner = this.#owners.get(id) ?? { waiting: new Set(), isBusy: false };
    this.#owners.set(id, owner);
    await this.#turn(id, owner);
    try {
      const worked = await work().finally(() => {
        this.#inWork--;
        this.goOn();
      });
      await rest(worked);
    } finally {
      owner.isBusy = false;
      this.#settle(id, owner);
    }
  }

  /** Begins what may begin. */
  goOn(): void {
    for (const { waiting } of this.#turns) {
      if (this.#inWork >= this.options.atOnce || this.options.hasRoom?.() === false) return;
      const [begin] = waiting;
      begin!();
    }
  }

  #turn(id: string, owner: Owner): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        owner.waiting.delete(begin);
        this.#turns.delete(owner);
      };
      const begin = () => {
        leave();
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
    else this.#owners.delete(id);
    this.goOn();
  }
}
