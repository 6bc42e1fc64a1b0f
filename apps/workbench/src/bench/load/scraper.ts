import { freePort } from '../../../../standalone/src/servers/network.js';

/** As often as Prometheus does by default in deploy/. Milliseconds. */
const SCRAPE_EVERY = 15_000;

/** Stands for a Prometheus: gives roles a port for their metrics, and asks them there. */
export class Scraper {
  readonly #ports: number[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** How often one was asked and answered. */
  scrapes = 0;

  /** What a role is told, so that it serves metrics. */
  async env(): Promise<Readonly<Record<string, string>>> {
    const port = await freePort();
    this.#ports.push(port);
    return { METRICS_PORT: String(port) };
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      for (const port of this.#ports) void this.#scrape(port);
    }, SCRAPE_EVERY);
  }

  stop(): void {
    clearInterval(this.#timer ?? undefined);
  }

  async #scrape(port: number): Promise<void> {
    const headers = { accept: 'application/openmetrics-text' };
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers }).catch(() => null);
    if ((await answer?.text())?.endsWith('# EOF\n')) this.scrapes++;
  }
}
