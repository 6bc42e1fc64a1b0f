import type { ConsumerEnd, Deliveries, Delivery, LogRecord } from '../src/index.js';
import type { MemoryConnection } from './memory-connection.js';

interface Waiting {
  readonly record: LogRecord;
  times: number;
}

/** What a server in memory knows of one shared consumer. */
export class MemoryShare {
  readonly #queue: Waiting[] = [];
  readonly #wanted: ((waiting: Waiting) => void)[] = [];

  constructor(readonly kind: string) {}

  /** Takes in a new record of the log, or one that is to be handed out again. */
  add(waiting: Waiting): void {
    const want = this.#wanted.shift();
    if (want) want(waiting);
    else this.#queue.push(waiting);
  }

  /** @returns the way to want it no more */
  take(want: (waiting: Waiting) => void): () => void {
    const waiting = this.#queue.shift();
    if (waiting) want(waiting);
    else this.#wanted.push(want);
    return () => {
      const at = this.#wanted.indexOf(want);
      if (at >= 0) this.#wanted.splice(at, 1);
    };
  }
}

/** What one process is handed of a shared consumer; nothing waits in the process, so nothing is lost with it. */
export class MemoryDeliveries implements Deliveries {
  #end: ConsumerEnd | null = null;
  readonly #ended = Promise.withResolvers<ConsumerEnd>();
  readonly #stop: () => void;
  #forget: () => void = () => undefined;

  constructor(
    private readonly connection: MemoryConnection,
    private readonly share: MemoryShare,
  ) {
    this.#stop = connection.onPhase(() => {
      this.#finish('lost');
    });
  }

  async next(): Promise<Delivery | ConsumerEnd> {
    if (this.#end !== null) return this.#end;
    const taken = Promise.withResolvers<Delivery>();
    this.#forget = this.share.take((waiting) => {
      waiting.times++;
      taken.resolve(this.#delivery(waiting));
    });
    return Promise.race([taken.promise, this.#ended.promise]);
  }

  close(): void {
    this.#finish('closed');
  }

  #delivery(waiting: Waiting): Delivery {
    const { record, times } = waiting;
    let isSettled = false;
    return {
      record,
      times,
      done: () => {
        isSettled = true;
      },
      again: (afterMs) => {
        if (isSettled) return;
        isSettled = true;
        this.connection.send(() => {
          setTimeout(() => {
            this.share.add(waiting);
          }, afterMs);
        });
      },
    };
  }

  #finish(end: ConsumerEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#stop();
    this.#forget();
    this.#ended.resolve(end);
  }
}
