import type { Clock } from '../src/index.js';

/** Goes on to what is due next once nothing else is left to be done. */
export class VirtualTime implements Clock {
  #now = 1_000;
  readonly #due = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#now);
  }

  after(ms: number, f: () => void): () => void {
    const timer = (): void => {
      f();
    };
    this.#due.set(timer, this.#now + ms);
    return () => {
      this.#due.delete(timer);
    };
  }

  async runUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (isOver()) return;
      const [next] = [...this.#due].sort(([, a], [, b]) => a - b);
      if (!next) throw new Error('nothing is left to be waited for');
      this.#due.delete(next[0]);
      this.#now = Math.max(this.#now, next[1]);
      next[0]();
    }
  }
}
