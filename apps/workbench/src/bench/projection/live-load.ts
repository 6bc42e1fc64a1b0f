import { setTimeout as sleep } from 'node:timers/promises';
import { type DomainEvent, RetryableError } from '#domain';
import { type EventLog } from '#event-store';
import { decodeUpdate } from '#projections';
import { atScheduledTimes, dueAt } from '../load/schedule.js';
import { quantile } from '../quantiles.js';
import { clans, type Conversation } from './conversation.js';

/** When nothing came for so long, nothing is coming. Milliseconds. */
const SILENCE_MS = 10_000;
const RETRY_MS = 20;
const FILLER = 'the quick brown fox jumps over the lazy dog, and the dog minds it less than expected';

/** Times in ms. */
export interface LoadTimes {
  readonly sent: number;
  /** From the scheduled time of a message to its live update. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How much later than scheduled messages left, p99. Part of the latency. */
  readonly late: number;
}

/** Messages to all clans in turns, appended to the log at scheduled times, and the live updates that tell of them. */
export class LiveLoad {
  private sent = 0;
  private readonly untold = new Set<number>();
  private first = 0;
  private start = 0;
  private rate = 1;
  private latencies: number[] = [];

  constructor(
    private readonly log: EventLog,
    private readonly conversation: Conversation,
  ) {}

  async listen(): Promise<void> {
    for (const { room } of clans) {
      this.log.live.subscribeToRoom(room, (text) => {
        this.hear(text);
      });
    }
    await this.log.live.flush();
  }

  /** Resolves once everything was told. @throws Error where something was not */
  async run(rate: number, seconds: number): Promise<LoadTimes> {
    this.first = this.sent;
    this.rate = rate;
    this.latencies = [];
    this.start = performance.now() + 5;
    let failure: Error | null = null;
    const late = await atScheduledTimes(this.start, rate, rate * seconds, () => {
      const number = this.sent++;
      this.untold.add(number);
      const event = this.conversation.message(clans[number % clans.length]!, `${number} ${FILLER}`);
      this.append(event).catch((error: unknown) => (failure = error as Error));
    });
    await this.drained(() => failure);
    const at = (share: number) => quantile(this.latencies, share) ?? 0;
    return { sent: this.latencies.length, p50: at(0.5), p99: at(0.99), max: at(1), late: quantile(late, 0.99) ?? 0 };
  }

  /** @throws Error where nothing comes any more, and whatever failed */
  private async drained(failure: () => Error | null): Promise<void> {
    let left = Infinity;
    for (let since = 0; this.untold.size > 0;) {
      const failed = failure();
      if (failed) throw failed;
      const now = performance.now();
      if (this.untold.size < left) since = now;
      left = this.untold.size;
      if (now - since > SILENCE_MS) throw new Error(`${left} messages were not told of`);
      await sleep(2);
    }
  }

  /** What the log cannot take now it takes later: the event is the same, and stored once. */
  private async append(event: DomainEvent): Promise<void> {
    const giveUp = performance.now() + SILENCE_MS;
    for (;;) {
      try {
        await this.log.append(event);
        return;
      } catch (error) {
        if (!(error instanceof RetryableError) || performance.now() > giveUp) throw error;
      }
      await sleep(RETRY_MS);
    }
  }

  private hear(text: string): void {
    const now = performance.now();
    const update = decodeUpdate(text);
    if (update?.type !== 'room') return;
    for (const { kind, message } of update.changes) {
      const number = kind === 'message' ? Number.parseInt(message.content, 10) : NaN;
      if (!this.untold.delete(number)) continue;
      this.latencies.push(now - dueAt(this.start, this.rate, number - this.first));
    }
  }
}
