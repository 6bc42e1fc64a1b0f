import { EventLog } from '#event-store';
import type { Running } from '#settings';
import { pendingOf } from '#projections';

/** The log answers with figures of at most a second ago, so asking more often shows nothing more. */
const EVERY_MS = 1_050;

/** Looks now and then how many events the projections have not acknowledged, all of them together. */
export class LagWatch {
  private timer: NodeJS.Timeout | undefined;
  private most = 0;

  private constructor(private readonly log: EventLog) {}

  static async connect({ nats }: Running): Promise<LagWatch> {
    return new LagWatch(await EventLog.connect({ ...nats, name: 'parley-bench' }));
  }

  start(): void {
    this.most = 0;
    this.timer = setInterval(() => {
      // One sample fewer.
      this.now().catch(() => undefined);
    }, EVERY_MS);
  }

  /** The most that was seen since the start, and what it is a second after this call. */
  async end(): Promise<{ readonly max: number; readonly end: number }> {
    clearInterval(this.timer);
    const max = this.most;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    return { max, end: await this.now() };
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.log.close();
  }

  private async now(): Promise<number> {
    const lag = pendingOf(await this.log.consumers());
    this.most = Math.max(this.most, lag);
    return lag;
  }
}
