import type { Connection } from './connection.js';

/** A consumer of the log, and how many records it has not acknowledged, delivered or not. */
export interface ConsumerLag {
  readonly name: string;
  readonly pending: number;
}

const FRESH_MS = 1_000;

/** What the server knows of all consumers, asked at most once a second however many ask here. */
export class ConsumerLags {
  private asked: Promise<readonly ConsumerLag[]> | null = null;
  private askedAt = 0;

  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
  ) {}

  /** @throws LogUnavailable */
  read(): Promise<readonly ConsumerLag[]> {
    const now = performance.now();
    if (!this.asked || now - this.askedAt > FRESH_MS) {
      this.askedAt = now;
      const asked = this.ask();
      this.asked = asked;
      // A failure is not kept: whoever asks next tries again.
      asked.catch(() => {
        if (this.asked === asked) this.asked = null;
      });
    }
    return this.asked;
  }

  private ask(): Promise<readonly ConsumerLag[]> {
    return this.connection.answer(async () => {
      const lags: ConsumerLag[] = [];
      for await (const { name, num_pending, num_ack_pending } of this.connection.jetstream.consumers.list(
        this.stream,
      )) {
        lags.push({ name, pending: num_pending + num_ack_pending });
      }
      return lags;
    });
  }
}
