import type { Clock } from '#projections';

type Method = (...args: unknown[]) => unknown;

/** What methods of the log open for their caller, and how that is closed where he is no more. */
const OPENED: Readonly<Record<string, (opened: never) => unknown>> = {
  consume: (consumer: { close(): Promise<void> }) => consumer.close(),
  onAnnounced: (subscription: { stop(): void }) => {
    subscription.stop();
  },
  onInterrupted: (stop: () => void) => {
    stop();
  },
};

/** What has methods of its own that have to end as well. */
const LENT_AGAIN: ReadonlySet<string> = new Set(['consume', 'projection']);

/** What the log and the read models consist of. */
const PARTS: ReadonlySet<string> = new Set(['letters', 'eraser', 'live', 'workers', 'checkpoints', 'versions']);

const never = (): Promise<never> => new Promise(() => undefined);

/**
 * The life of a part of this process that can end as a process does that is killed: nothing that it awaits comes any
 * more, no timer of it goes off, and it is told of nothing. What it has asked of the servers before is carried out
 * there all the same. All that it uses it gets from here.
 */
export class Life {
  #isOver = false;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #closes: (() => unknown)[] = [];

  readonly clock: Clock = {
    now: () => performance.now(),
    date: () => new Date(),
    after: (ms, f) => {
      if (this.#isOver) return () => undefined;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        f();
      }, ms);
      this.#timers.add(timer);
      return () => {
        clearTimeout(timer);
        this.#timers.delete(timer);
      };
    },
  };

  /** The same object, for as long as this life lasts. */
  lend<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value === 'function') return this.#method(target, String(name), value as Method);
        return PARTS.has(String(name)) ? this.lend(value as object) : value;
      },
    });
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const close of this.#closes) close();
  }

  #method(target: object, name: string, method: Method): Method {
    return (...args) => {
      if (this.#isOver) return never();
      const answer = method.apply(
        target,
        args.map((arg) => (typeof arg === 'function' ? this.#heard(arg as Method) : arg)),
      );
      if (!(answer instanceof Promise)) return this.#opened(name, answer);
      return new Promise((resolve, reject) => {
        answer.then(
          (value) => {
            const opened = this.#opened(name, value);
            if (!this.#isOver) resolve(opened);
          },
          (error: unknown) => {
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was
            if (!this.#isOver) reject(error);
          },
        );
      });
    };
  }

  #heard(listener: Method): Method {
    return (...args) => (this.#isOver ? undefined : listener(...args));
  }

  #opened(name: string, opened: unknown): unknown {
    const close = OPENED[name];
    if (close) {
      const closing = () => close(opened as never);
      if (this.#isOver) closing();
      else this.#closes.push(closing);
    }
    return LENT_AGAIN.has(name) ? this.lend(opened as object) : opened;
  }
}
