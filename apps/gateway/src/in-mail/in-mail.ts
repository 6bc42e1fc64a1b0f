import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import pTimeout from 'p-timeout';
import { NewerEvent, roomKind } from '#domain';
import { type AskedLog, type Deliveries, type Delivery, EventLog, type LogRecord } from '#event-store';
import { LineLimit, postToWebhook, WebhookFailure } from '#platform';
import { IN_MAIL } from '#protocol';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import { sleep } from '../patiently.js';
import { DueNotices } from './due-notices.js';

const AT_ONCE = 16;
/** Milliseconds: before the consumer is joined again, and for what is under way at the end. */
const JOIN_AGAIN = 1_000;
const PATIENCE = 2_500;
/** Between two tries, doubled each time. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 300_000;
/** A webhook that fails is told of at once, and then once in this time. */
const WARNING_INTERVAL = 60_000;

/** Not all of those that failed together come back together. */
const pauseAfter = (tries: number): number =>
  Math.min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE) * (0.5 + Math.random() / 2);

const isDirect = ({ room }: LogRecord): boolean => room !== null && roomKind(room) === 'direct';

/**
 * Tells a webhook of direct messages whose receiver is offline. All gateways that have one share a consumer of the log,
 * so that each message is looked after by one of them, whichever gateway it came through, until the webhook has it, it is
 * a dead letter, or there is nobody to tell: at least once, whatever process dies meanwhile.
 */
@Injectable()
export class InMail implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #warnings = new LineLimit(new Logger(InMail.name), { lines: 1, intervalMs: WARNING_INTERVAL });
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #deliveries: Deliveries | null = null;
  #isEnding = false;

  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'share' | 'letters'>,
    @Inject(DueNotices) private readonly due: DueNotices,
    @Inject(SETTINGS) private readonly settings: Pick<GatewaySettings, 'inMail'>,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { url } = this.settings.inMail;
    if (url === undefined) return;
    // Before anybody is let in: the consumer begins with what comes after it was made.
    await this.#join();
    void this.#work(url);
  }

  /** What is under way comes to its end; the rest is left to the other gateways, or to the next one to start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isEnding = true;
    this.#deliveries?.close();
    await pTimeout(this.#settled(), { milliseconds: PATIENCE, fallback: () => undefined });
    this.#stop.abort();
    await this.#settled();
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #join(): Promise<void> {
    try {
      const deliveries = await this.log.share({ name: IN_MAIL, kind: 'msg' });
      if (this.#isEnding) deliveries.close();
      else this.#deliveries = deliveries;
    } catch (error) {
      if (!this.#isEnding) this.#warnings.say(`nobody is told of messages: ${String(error)}`);
    }
  }

  async #work(url: string): Promise<void> {
    while (!this.#isEnding) {
      const delivery = await this.#next();
      if (delivery === null) continue;
      if (!isDirect(delivery.record)) {
        delivery.done();
        continue;
      }
      const settled = this.#tell(url, delivery).finally(() => this.#underWay.delete(settled));
      this.#underWay.add(settled);
      if (this.#underWay.size >= AT_ONCE) await Promise.race(this.#underWay);
    }
  }

  /** Null where there is none for the moment, or none any more. */
  async #next(): Promise<Delivery | null> {
    const delivery = await this.#deliveries?.next();
    if (typeof delivery === 'object') return delivery;
    this.#deliveries = null;
    if (this.#isEnding) return null;
    await sleep(JOIN_AGAIN);
    await this.#join();
    return null;
  }

  async #tell(url: string, delivery: Delivery): Promise<void> {
    const { record, done } = delivery;
    const { signal } = this.#stop;
    try {
      const notice = await this.due.of(record, signal);
      if (notice) await postToWebhook({ ...this.settings.inMail, url }, record.id, notice, signal);
      done();
    } catch (error) {
      if (signal.aborted) delivery.again(0);
      else await this.#failed(delivery, error as Error);
    }
  }

  /** What no other try can mend is given up at once. */
  async #failed({ record, times, done, again }: Delivery, error: Error): Promise<void> {
    if (error instanceof WebhookFailure && times < this.settings.inMail.tries) {
      this.#warnings.say(`the webhook failed and is tried again: ${error.message}`);
      again(pauseAfter(times));
      return;
    }
    if (error instanceof NewerEvent) {
      this.#warnings.say(
        `the message of event ${record.seq} is left to a gateway of a newer release: ${error.message}`,
      );
      again(pauseAfter(times));
      return;
    }
    const { partition, seq } = record;
    try {
      await this.log.letters.put({ projection: IN_MAIL, partition, seq, reason: error.message });
      this.#warnings.say(
        `the message of event ${seq} is a dead letter: ${error.message}; then \`chatctl webhook resend\``,
      );
      done();
    } catch {
      again(pauseAfter(times));
    }
  }
}
