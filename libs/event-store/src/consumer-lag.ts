import { setTimeout } from 'node:timers/promises';
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
/** Until the consumers of a server that died are replaced, an answer takes 8 s: what was last known does for so long. */
const STALE_MS = 30_000;
const PATIENCE_MS = 1_000;

/** What the server knows of all consumers, asked at most once a second however many ask here. */
export class ConsumerLags {
  private asking: Promise<readonly ConsumerLag[]> | null = null;
  private known: { readonly lags: readonly ConsumerLag[]; readonly at: number } | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
  ) {}

  /** @throws LogUnavailable */
  read(): Promise<readonly ConsumerLag[]> {
    const { known } = this;
    const age = known ? performance.now() - known.at : Infinity;
    if (known && age <= FRESH_MS) return Promise.resolve(known.lags);
    this.asking ??= this.ask().finally(() => (this.asking = null));
    if (!known || age > STALE_MS) return this.asking;
    return Promise.race([this.asking.catch(() => known.lags), setTimeout(PATIENCE_MS, known.lags, { ref: false })]);
  }

  private async ask(): Promise<readonly ConsumerLag[]> {
    const at = performance.now();
    const lags = await this.connection.answer(async () => {
      const found: ConsumerLag[] = [];
      for await (const info of this.connection.jetstream.consumers.list(this.stream)) {
        found.push({
          name: info.name,
          pending: info.num_pending + info.num_ack_pending,
          acknowledged: info.ack_floor.consumer_seq,
          acknowledgedSeq: info.ack_floor.stream_seq,
        });
      }
      return found;
    });
    this.known = { lags, at };
    return lags;
  }
}
