import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadNews, LoadOrder, LoadPlan, LoadReport } from './plan.js';

/** The load generator, seen from the process that started it. */
export class LoadGenerator {
  private readonly child: ChildProcess;
  private readonly news: LoadNews[] = [];
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(plan: LoadPlan) {
    this.child = fork(fileURLToPath(new URL('./main.js', import.meta.url)), { stdio: ['ignore', 2, 2, 'ipc'] });
    this.child.on('message', (news) => {
      this.news.push(news as LoadNews);
      this.wake();
    });
    this.child.on('exit', () => {
      this.ended = true;
      this.wake();
    });
    this.order({ plan });
  }

  go(): void {
    this.order({ go: true });
  }

  async reached(phase: 'connected' | 'ready' | 'drained'): Promise<void> {
    const news = await this.next();
    if (news.phase !== phase) throw new Error(`the load generator is ${news.phase} where it must be ${phase}`);
  }

  async report(): Promise<LoadReport> {
    const news = await this.next();
    if (news.phase !== 'checked') throw new Error(`the load generator is ${news.phase} where it must be done`);
    return news.report;
  }

  /** Where it has not ended by itself. */
  stop(): void {
    this.child.kill();
  }

  private order(order: LoadOrder): void {
    this.child.send(order);
  }

  private async next(): Promise<LoadNews> {
    while (this.news.length === 0 && !this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
    const news = this.news.shift();
    if (!news) throw new Error('the load generator has ended by itself');
    if (news.phase === 'failed') throw new Error(`the load generator has failed: ${news.reason}`);
    return news;
  }
}
