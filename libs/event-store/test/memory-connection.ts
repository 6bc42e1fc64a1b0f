import { LogUnavailable } from '../src/index.js';
import { Gates } from './gates.js';

type Phase = 'lost' | 'back';

/** One process's connection to a server in memory, for a test to lose. What is sent arrives in order, or never. */
export class MemoryConnection {
  /** By the name of what is asked. */
  readonly gates = new Gates();
  /** Each way: nothing that is sent is there at once. */
  latencyMs = 1;
  #up = true;
  /** Counts the connections: what was sent over an earlier one does not arrive over the next. */
  #number = 0;
  readonly #unanswered = new Set<() => void>();
  readonly #listeners = new Set<(phase: Phase) => void>();

  get connected(): boolean {
    return this.#up;
  }

  /** Arrives at the other end, whichever that is. */
  send(arrive: () => void): void {
    const over = this.#number;
    if (!this.#up) return;
    setTimeout(() => {
      if (over === this.#number) arrive();
    }, this.latencyMs);
  }

  /**
   * Carries `work` out at the server, and answers with what it came to.
   * @throws LogUnavailable; where the connection is lost, or the time is over, before the answer is there, what is `Lost`
   */
  async ask<T>(
    name: string,
    work: () => T,
    Lost: new (message: string) => Error = LogUnavailable,
    deadline?: number,
  ): Promise<T> {
    if (!this.#up) throw new LogUnavailable('not connected');
    const lost = Promise.withResolvers<never>();
    const lose = () => {
      lost.reject(new Lost('no answer came'));
    };
    this.#unanswered.add(lose);
    const timer = deadline === undefined ? undefined : setTimeout(lose, deadline - performance.now());
    try {
      return await Promise.race([lost.promise, this.#answer(name, work)]);
    } finally {
      this.#unanswered.delete(lose);
      clearTimeout(timer);
    }
  }

  onPhase(listener: (phase: Phase) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whoever waits for an answer is told first. */
  lose(): void {
    this.#up = false;
    this.#number++;
    for (const lose of this.#unanswered) lose();
    this.#tell('lost');
  }

  comeBack(): void {
    this.#up = true;
    this.#tell('back');
  }

  async #answer<T>(name: string, work: () => T): Promise<T> {
    const over = this.#number;
    await this.#trip();
    await this.gates.pass(name);
    // It was still on its way when the connection was lost.
    if (over !== this.#number) return new Promise<never>(() => undefined);
    const answer = work();
    await this.gates.pass(`${name} answer`);
    await this.#trip();
    return answer;
  }

  #trip(): Promise<void> {
    return new Promise((arrive) => {
      this.send(arrive);
    });
  }

  #tell(phase: Phase): void {
    for (const listener of [...this.#listeners]) listener(phase);
  }
}
