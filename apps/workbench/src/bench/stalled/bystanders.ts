import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the process of the bystanders is told. */
export interface BystandersPlan {
  readonly gateway: string;
  readonly secret: string;
  readonly turn: number;
  readonly count: number;
  readonly reads: boolean;
  /** Connects a second, at first and of those who come back. */
  readonly connectsPerSecond: number;
}

/** What it tells: once all are connected, and after that whenever it is asked. */
export interface BystandersNews {
  readonly connected: number;
  /** How often one of them was cut. */
  readonly cut: number;
}

/** The bystanders, seen from the process that started them. */
export class Bystanders {
  readonly #child: ChildProcess;

  private constructor(plan: BystandersPlan) {
    this.#child = fork(fileURLToPath(new URL('./main.js', import.meta.url)), { stdio: ['ignore', 2, 2, 'ipc'] });
    this.#child.send(plan);
  }

  /** Resolves once all are connected. */
  static async gathered(plan: BystandersPlan): Promise<Bystanders> {
    const bystanders = new Bystanders(plan);
    await bystanders.#news();
    return bystanders;
  }

  async count(): Promise<BystandersNews> {
    this.#child.send('count');
    return this.#news();
  }

  async go(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async #news(): Promise<BystandersNews> {
    const [news] = (await once(this.#child, 'message')) as [BystandersNews];
    return news;
  }
}
