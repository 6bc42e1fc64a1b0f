import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BystandersNews, BystandersPlan } from './plan.js';

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
