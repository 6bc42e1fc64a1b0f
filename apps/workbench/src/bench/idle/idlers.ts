import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CrowdPlan } from '../load/plan.js';

export type IdleNews = { readonly connected: true } | { readonly fault: string };

/** Groups of people who say nothing, seen from the process that started them. */
export class Idlers {
  readonly #children: ChildProcess[] = [];
  readonly faults: string[] = [];

  /** One group more; resolves once all of it are connected. @throws Error where that fails */
  async join(plan: CrowdPlan): Promise<void> {
    const child = fork(fileURLToPath(new URL('./main.js', import.meta.url)), { stdio: ['ignore', 2, 2, 'ipc'] });
    this.#children.push(child);
    child.send(plan);
    const [news] = (await once(child, 'message')) as [IdleNews];
    if ('fault' in news) throw new Error(`not everybody could connect: ${news.fault}`);
    child.on('message', (later: IdleNews) => {
      if ('fault' in later) this.faults.push(later.fault);
    });
  }

  leave(): void {
    for (const child of this.#children) child.removeAllListeners('message').kill();
  }
}
