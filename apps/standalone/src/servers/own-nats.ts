import { setTimeout as sleep } from 'node:timers/promises';
import { startNats, type StartNatsOptions } from './nats-server.js';
import type { RunningServer } from './process.js';

const ATTEMPTS = 20;
const RETRY_MS = 250;

/** A nats-server that this process has started: it can be killed, and started again on the port that it had. */
export class OwnNats {
  private constructor(
    private server: RunningServer,
    private readonly options: StartNatsOptions,
  ) {}

  static async start(options: StartNatsOptions): Promise<OwnNats> {
    return new OwnNats(await startNats(options), options);
  }

  get url(): string {
    return this.server.url;
  }

  /** Where it came from, to be shown. */
  get taken(): string {
    return this.server.taken;
  }

  /** As `kill -9`; one that is dead already stays so. */
  kill(): void {
    try {
      process.kill(this.server.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** After a {@link kill}. */
  async restart(): Promise<void> {
    const port = Number(new URL(this.url).port);
    for (let attempt = 1; ; attempt++) {
      try {
        this.server = await startNats({ ...this.options, port });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
