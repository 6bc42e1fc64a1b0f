import type { Connection } from './connection.js';

/** A consumer of the log, and how far it is. */
export interface ConsumerLag {
  readonly name: string;
  /** How many records it has not acknowledged, delivered or not. */
  readonly pending: number;
  /** How many it has acknowledged since it was made. */
  readonly acknowledged: number;
  /** The stream sequence of the last of these; 0 for none. */
  readonly acknowledgedSeq: number;
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
      for await (const info of this.connection.jetstream.consumers.list(this.stream)) {
        lags.push({
          name: info.name,
          pending: info.num_pending + info.num_ack_pending,
          acknowledged: info.ack_floor.consumer_seq,
          acknowledgedSeq: info.ack_floor.stream_seq,
        });
      }
      return lags;
    });
  }
}
