import { type Msg, nanos } from '@nats-io/transport-node';
import { type Connection, isMissing } from './connection.js';
import { bytesOf, readMessage } from './event-headers.js';
import { type LogRecord, millisecondsOf, recordOf } from './log-record.js';

/** Why deliveries ended: the consumer is gone, something may have been missed (start over), or it was closed here. */
export type PullEnd = 'deleted' | 'lost' | 'closed';

/** Records that wait here or are under way, at most, by default, and about how many bytes of them at a time. */
export const CAPACITY = 2_048;
const REQUEST_BYTES = 4_194_304;
// The shorter, the sooner a request that the server has forgotten is asked again.
const EXPIRES_MS = 5_000;
const HEARTBEAT_MS = 1_000;
/** Without a heartbeat for so long it is asked anew, and given up after as long again. */
const SILENCE_MS = 2_000;
const CHECK_MS = 500;
const PROBE_LIMIT_MS = 500;

const HEARTBEAT = 100;
const NO_RESPONDERS = 503;

export interface PullOptions {
  /** How many records wait here or are under way, at most. */
  readonly capacity?: number;
  /** Whether others take from the same consumer: then no order is promised, and a record may come again. */
  readonly isShared?: boolean;
}

/** What becomes of a message: it is stored there, at ms since 1970. */
export type Take<T> = (message: Msg, seq: number, at: number) => T;

/** @param eventStem what stands before the partition in the subject */
export const asRecord =
  (eventStem: string): Take<LogRecord> =>
  (message, seq, at) => {
    const { headers, body } = readMessage(bytesOf(message));
    return recordOf(eventStem, message.subject, seq, at, headers, body);
  };

/** Some records, each with its ack subject. */
export interface Pulled<T = LogRecord> {
  readonly records: T[];
  readonly acks: string[];
}

/** Somebody waits for what comes; one at a time. */
export class Arrival {
  private wake: (() => void) | undefined;

  /** Resolves once something has come. Where nothing has within `limitMs`, `late` is called, which has to let it come. */
  async wait(limitMs: number | undefined, late: () => void): Promise<void> {
    const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs);
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
    clearTimeout(timer);
  }

  come(): void {
    this.wake?.();
  }
}

/**
 * Takes records from a consumer of the log, in order and each once, and says when that can no longer be promised. The
 * client's own loop fetches as fast as messages arrive; this one fetches as fast as they are taken.
 */
export class Pull<T = LogRecord> {
  private records: T[] = [];
  private acks: string[] = [];
  private readonly inbox: string;
  private readonly requestSubject: string;
  private readonly capacity: number;
  private readonly isShared: boolean;
  /** Records asked for and not yet received. */
  private asked = 0;
  private lastSeq = 0;
  private lastDelivery = 0;
  private lastHeard = performance.now();
  /** Where the numbers begin in the ack subject of this consumer's messages; 0 while not known. */
  private ackStem = 0;
  /** Whether it is asked anew, since nothing is heard of it. */
  private isDoubted = false;
  private end: PullEnd | null = null;
  private readonly arrival = new Arrival();
  private readonly watch: NodeJS.Timeout;
  private readonly stopping: (() => void)[];

  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly consumer: string,
    private readonly take: Take<T>,
    { capacity = CAPACITY, isShared = false }: PullOptions = {},
  ) {
    this.capacity = capacity;
    this.isShared = isShared;
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
    }, CHECK_MS);
    this.stopping = [
      connection.onPhase(() => {
        this.finish('lost');
      }),
      () => {
        if (!isShared) subscription.unsubscribe();
        // What is on its way here comes in yet, and goes back.
        else void subscription.drain().catch(() => undefined);
      },
    ];
    if (connection.connected) this.ask();
    else this.finish('lost');
  }

  get ended(): PullEnd | null {
    return this.end;
  }

  /** The ack subjects of what waits here. */
  get waiting(): readonly string[] {
    return this.acks;
  }

  /**
   * The next records, at least one and at most `max`, each with its ack subject; the reason once it has ended. Where
   * nothing comes within `limitMs`, it ends as lost. One call at a time.
   */
  async next(max: number, limitMs?: number): Promise<Pulled<T> | PullEnd> {
    if (this.records.length === 0 && this.end === null) {
      await this.arrival.wait(limitMs, () => {
        this.finish('lost');
      });
    }
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

  private finish(end: PullEnd): void {
    if (this.end !== null) return;
    this.end = end;
    this.records = [];
    this.acks = [];
    clearInterval(this.watch);
    for (const stop of this.stopping) stop();
    this.arrival.come();
  }

  /** Asks for as many as there is room for, once that is worth a request. */
  private ask(): void {
    const room = this.capacity - this.records.length - Math.max(0, this.asked);
    if (this.end !== null || room < this.capacity / 4) return;
    // Silence is counted from here where nothing was due before.
    if (this.asked <= 0) this.lastHeard = performance.now();
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
    const ack = message.reply ?? '';
    if (this.end !== null) {
      this.connection.send(ack, '-NAK');
      return;
    }
    this.hear();
    this.asked -= 1;
    // …<deliveries>.<stream sequence>.<delivery sequence>.<time in ns>.<pending>, behind the consumer's name.
    this.ackStem ||= ack.indexOf(`.${this.consumer}.`) + this.consumer.length + 2;
    const afterCount = ack.indexOf('.', this.ackStem) + 1;
    const afterSeq = ack.indexOf('.', afterCount) + 1;
    const afterDelivery = ack.indexOf('.', afterSeq) + 1;
    const seq = Number(ack.slice(afterCount, afterSeq - 1));
    const delivery = Number(ack.slice(afterSeq, afterDelivery - 1));
    // Otherwise something is missed, or the consumer began anew, as it does when its server was started again.
    if (!this.isShared && delivery !== this.lastDelivery + 1) {
      this.finish('lost');
      return;
    }
    this.lastDelivery = delivery;
    if (!this.isShared && seq <= this.lastSeq) {
      // Delivered once more, since it was not acknowledged in time.
      this.ask();
      return;
    }
    this.lastSeq = seq;
    const at = millisecondsOf(ack.slice(afterDelivery, ack.indexOf('.', afterDelivery)));
    this.records.push(this.take(message, seq, at));
    this.acks.push(ack);
    this.arrival.come();
  }

  private hear(): void {
    this.lastHeard = performance.now();
    this.isDoubted = false;
  }

  private onStatus(message: Msg): void {
    const { headers } = message;
    const code = headers?.code ?? 0;
    const said = headers?.description.toLowerCase() ?? '';
    if (code === NO_RESPONDERS) {
      // One that was only just made may not be known to every server yet.
      if (this.isDoubted) void this.probe();
      else this.doubt();
      return;
    }
    this.hear();
    if (code === HEARTBEAT) return;
    if (said.includes('consumer deleted')) this.finish('deleted');
    else if (headers?.has('Nats-Pending-Messages')) {
      // The end of one request: so many of its records will not come.
      this.asked = Math.max(0, this.asked - Number(headers.get('Nats-Pending-Messages')));
      this.ask();
    } else {
      // Refused or forgotten, as when its server goes: the next check asks again.
      this.asked = 0;
    }
  }

  /** Heartbeats are due while a request waits: silence means that it is forgotten, or that the consumer is. */
  private check(): void {
    if (this.asked <= 0 || performance.now() - this.lastHeard <= SILENCE_MS) {
      this.ask();
      return;
    }
    if (this.isDoubted) {
      this.finish('lost');
      return;
    }
    this.doubt();
    this.ask();
  }

  /** What was asked is taken for forgotten; it is asked anew, once. */
  private doubt(): void {
    this.isDoubted = true;
    this.asked = 0;
  }

  /** Nobody takes its requests: it was deleted, or its server is dead. */
  private async probe(): Promise<void> {
    const { jetstream } = this.connection;
    const info = () => jetstream.consumers.info(this.stream, this.consumer);
    const isDeleted = await this.connection.answer(info, PROBE_LIMIT_MS).then(() => false, isMissing);
    this.finish(isDeleted ? 'deleted' : 'lost');
  }
}
