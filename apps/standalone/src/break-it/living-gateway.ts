import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type INestApplication, Logger } from '@nestjs/common';
import { Network } from './network.js';

const RETRY_MS = 500;

const logger = new Logger('Break it');

/**
 * A gateway with what is served beside it, which can be killed, and started again on the port that it had. What it is
 * made of is made anew each time.
 */
export class LivingGateway {
  readonly network = new Network();
  #app: INestApplication | null = null;
  #closing: Promise<unknown> = Promise.resolve();
  #url = '';
  #port: number;

  /** @param make makes it, not listening yet */
  constructor(
    private readonly make: () => Promise<INestApplication>,
    port: number,
    private readonly host: string,
  ) {
    this.#port = port;
  }

  /** `http://host:port`, once it was started. */
  get url(): string {
    return this.#url;
  }

  /** Null while it is dead. */
  get app(): INestApplication | null {
    return this.#app;
  }

  async start(): Promise<void> {
    const app = await this.make();
    const server = app.getHttpServer() as Server;
    this.network.watch(server);
    try {
      await app.listen(this.#port, this.host);
    } catch (error) {
      await app.close();
      throw error;
    }
    this.#app = app;
    const { port } = server.address() as { readonly port: number };
    this.#port = port;
    this.#url ||= await app.getUrl();
  }

  /** Its connections are gone without a word, nobody listens on its port, and what it knew is forgotten. */
  kill(): void {
    const app = this.#app;
    if (!app) return;
    this.#app = null;
    (app.getHttpServer() as Server).close();
    this.network.destroyAll();
    // What it has subscribed to; there is nobody left to whom anything could be said.
    this.#closing = app.close().catch(() => undefined);
  }

  /** After a {@link kill}; tried until it comes about, or is not wanted any more. Why it does not is said once. */
  async restart(signal: AbortSignal): Promise<void> {
    for (let said = ''; !signal.aborted && !this.#app;) {
      try {
        await this.start();
      } catch (error) {
        const { message } = error as Error;
        if (message !== said)
          logger.error(`the gateway that was killed does not start again, and is tried: ${message}`);
        said = message;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#app?.close(), this.#closing]);
  }
}
