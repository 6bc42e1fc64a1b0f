import { type Msg, nanos } from '@nats-io/transport-node';
import { type Connection, isMissing } from './connection.js';
import { type LogRecord, recordOf } from './log-record.js';

/** Why deliveries ended: the consumer is gone, something may have been missed (start over), or it was closed here. */
export type PullEnd = 'deleted' | 'lost' | 'closed';

/** Records that wait here or are under way, at most, and about how many bytes of them at a time. */
const CAPACITY = 2_048;
const REQUEST_BYTES = 4_194_304;
// The shorter, the sooner a request that the server has forgotten is asked again.
const EXPIRES_MS = 5_000;
const HEARTBEAT_MS = 1_000;
const SILENCE_MS = 3_000;

/**
 * Takes records from a consumer of the log, in order and each once, and says when that can no longer be promised. The
 * client's own loop fetches as fast as messages arrive; this one fetches as fast as they are taken.
 */
export class Pull {
  private records: LogRecord[] = [];
  private acks: string[] = [];
  private readonly inbox: string;
  private readonly requestSubject: string;
  /** Records asked for and not yet received. */
  private asked = 0;
  private lastSeq = 0;
  private lastDelivery = 0;
  private lastHeard = performance.now();
  /** Where the numbers begin in the ack subject of this consumer's messages; 0 while not known. */
  private ackStem = 0;
  private probing = false;
  private end: PullEnd | null = null;
  private wake: (() => void) | undefined;
  private readonly watch: NodeJS.Timeout;
  private readonly stopping: (() => void)[];

  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly consumer: string,
    private readonly eventStem: string,
  ) {
    this.inbox = connection.newInbox();
    this.requestSubject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    const subscription = connection.nats.subscribe(this.inbox, {
      callback: (error, message) => {
        if (error) this.finish('lost');
        else if (message.subject === this.inbox) this.onStatus(message);
        else this.onMessage(message);
      },
    });
    this.watch = setInterval(() => {
      this.check();
    }, HEARTBEAT_MS);
    this.stopping = [
      connection.onPhase(() => {
        this.finish('lost');
      }),
      () => {
        subscription.unsubscribe();
      },
    ];
    if (connection.connected) this.ask();
    else this.finish('lost');
  }

  get ended(): PullEnd | null {
    return this.end;
  }

  /**
   * The next records, at least one and at most `max`, each with its ack subject; the reason once it has ended. Where
   * nothing comes within `limitMs`, it ends as lost. One call at a time.
   */
  async next(max: number, limitMs?: number): Promise<{ records: LogRecord[]; acks: string[] } | PullEnd> {
    if (this.records.length === 0 && this.end === null) await this.arrival(limitMs);
    // What arrived before a loss is right, but its owner has to start over anyway.
    if (this.end !== null) return this.end;
    const all = this.records.length <= max;
    const records = all ? this.records : this.records.splice(0, max);
    const acks = all ? this.acks : this.acks.splice(0, max);
    if (all) {
      this.records = [];
      this.acks = [];
    }
    this.ask();
    return { records, acks };
  }

  close(): void {
    this.finish('closed');
  }

  private async arrival(limitMs: number | undefined): Promise<void> {
    const timer =
      limitMs === undefined
        ? undefined
        : setTimeout(() => {
            this.finish('lost');
          }, limitMs);
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
    clearTimeout(timer);
  }

  private finish(end: PullEnd): void {
    if (this.end !== null) return;
    this.end = end;
    this.records = [];
    this.acks = [];
    clearInterval(this.watch);
    for (const stop of this.stopping) stop();
    this.wake?.();
  }

  /** Asks for as many as there is room for, once that is worth a request. */
  private ask(): void {
    const room = CAPACITY - this.records.length - Math.max(0, this.asked);
    if (this.end !== null || room < CAPACITY / 4) return;
    this.asked += room;
    const request = {
      batch: room,
      max_bytes: REQUEST_BYTES,
      expires: nanos(EXPIRES_MS),
      idle_heartbeat: nanos(HEARTBEAT_MS),
    };
    this.connection.send(this.requestSubject, JSON.stringify(request), this.inbox);
  }

  private onMessage(message: Msg): void {
    this.lastHeard = performance.now();
    this.asked -= 1;
    const ack = message.reply ?? '';
    // …<deliveries>.<stream sequence>.<delivery sequence>.<time in ns>.<pending>, behind the consumer's name.
    this.ackStem ||= ack.indexOf(`.${this.consumer}.`) + this.consumer.length + 2;
    const afterCount = ack.indexOf('.', this.ackStem) + 1;
    const afterSeq = ack.indexOf('.', afterCount) + 1;
    const afterDelivery = ack.indexOf('.', afterSeq) + 1;
    const seq = Number(ack.slice(afterCount, afterSeq - 1));
    const delivery = Number(ack.slice(afterSeq, afterDelivery - 1));
    const inTurn = delivery === this.lastDelivery + 1;
    this.lastDelivery = delivery;
    if (seq <= this.lastSeq) {
      // Delivered once more, since it was not acknowledged in time or the consumer changed its server.
      this.ask();
      return;
    }
    if (!inTurn) {
      this.finish('lost');
      return;
    }
    this.lastSeq = seq;
    const at = Math.floor(Number(ack.slice(afterDelivery, ack.indexOf('.', afterDelivery))) / 1e6);
    this.records.push(recordOf(this.eventStem, message.subject, seq, at, message.headers, message.string()));
    this.acks.push(ack);
    this.wake?.();
  }

  private onStatus(message: Msg): void {
    this.lastHeard = performance.now();
    const { headers } = message;
    const code = headers?.code ?? 0;
    const said = headers?.description.toLowerCase() ?? '';
    if (code === 100) return;
    if (code === 503) void this.probe();
    else if (said.includes('consumer deleted')) this.finish('deleted');
    else if (headers?.has('Nats-Pending-Messages')) {
      // The end of one request: so many of its records will not come.
      this.asked = Math.max(0, this.asked - Number(headers.get('Nats-Pending-Messages')));
      this.ask();
    } else {
      // Refused or forgotten, as at a change of leader: the next check asks again.
      this.asked = 0;
    }
  }

  /** Heartbeats are due while a request waits: silence means that it is forgotten, or that the consumer is. */
  private check(): void {
    if (this.asked > 0 && performance.now() - this.lastHeard > SILENCE_MS) void this.probe();
    else this.ask();
  }

  private async probe(): Promise<void> {
    if (this.probing) return;
    this.probing = true;
    try {
      await this.connection.answer(() => this.connection.jetstream.consumers.info(this.stream, this.consumer));
      this.lastHeard = performance.now();
      this.asked = 0;
    } catch (error) {
      this.finish(isMissing(error) ? 'deleted' : 'lost');
    }
    this.probing = false;
  }
}
