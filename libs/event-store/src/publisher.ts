import { randomBytes } from 'node:crypto';
import { type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { type Batchable, batchSize, sendBatch } from './batch.js';
import type { Connection } from './connection.js';
import { ANSWER_LIMIT_MS, LogUnavailable } from './log-unavailable.js';
import { batchOutcomeOf, givenUp, notStored, outcomeOf, type Stored } from './publish-reply.js';
import { Syncing } from './syncing.js';

interface Publication {
  readonly subject: string;
  readonly body: string;
  readonly headers: MsgHdrs | undefined;
  /** On the monotonic clock, in ms. */
  readonly deadline: number;
  readonly resolve: (outcome: Stored | 'conflict') => void;
  readonly reject: (error: Error) => void;
  /** Whether it was in a batch that was not stored, and goes by itself now. */
  alone: boolean;
  /** How often it was sent, not counting what was answered with "not stored": with none it certainly is not. */
  sent: number;
  /** When it is sent again, where there is no answer until then. */
  sendAgainAt: number;
  /** What the last answer said that was none for good. */
  hindrance: string | null;
}

/** What is sent at once and is stored whole or not at all. */
interface Batch {
  readonly token: string;
  readonly parts: readonly Publication[];
  readonly sentAt: number;
}

/** Unanswered at a time. More make nothing quicker, and more would be unknown after a loss. */
const WINDOW = 512;
/** The same where the stream syncs each to the disk: the rest waits to be stored at once. */
const SYNCED_WINDOW = 32;
/** No batches for so long, ms, after one of which nothing was stored for what is not the fault of its parts. */
const APART_MS = 10_000;
/** Waiting for a place in the window; beyond that the log is not keeping up, and the caller had better hear of it. */
const QUEUE = 8_192;
const SWEEP_MS = 250;
/** Without an answer it is sent again: a leader that dies takes its answers with it. */
const PATIENCE_MS = 1_500;
/** A connection that is lost may be back, with another server, within this time. */
const AWAY_LIMIT_MS = 1_000;

/**
 * Publishes to streams, many at a time. The client's own publish costs a promise, a timer and a subscription lookup
 * each; here replies come to one inbox of our own, and one timer sweeps for all that is overdue. What is not answered,
 * or not by a stream, is sent again until its deadline: whatever is published here may come twice, by its message id
 * or since it takes the place of the first. So a stream that gets another leader is only slow. What was sent together
 * may be stored in another order then.
 *
 * Where the stream syncs each message to the disk before it answers, events that wait go together, in one batch that is
 * synced once. Where it does not sync they never do: a batch is written and synced apart first, which costs the server
 * more than its messages would. Nothing else is sent while one is unanswered: where it is not stored, for whatever
 * reason, its parts go one by one, in their order, before what came after them.
 */
export class Publisher {
  private readonly inbox: string;
  /** What batches are told apart by, and stored with: those of all publishers to a stream, at the same time. */
  private readonly name = randomBytes(6).toString('base64url');
  private waiting: Publication[] = [];
  /** By token. */
  private readonly unanswered = new Map<string, Publication>();
  private batch: Batch | null = null;
  private readonly syncing = new Syncing();
  /** When batches are tried again, on the monotonic clock. */
  private batchesFrom = -Infinity;
  private advancing: NodeJS.Immediate | undefined;
  private reading = false;
  private nextToken = 0;
  /** Since when the log has answered nothing of what is unanswered. */
  private quietSince = 0;
  private lostAt = 0;
  private sweeping: NodeJS.Timeout | undefined;
  private whenIdle: (() => void) | undefined;
  private closed = false;

  constructor(
    private readonly connection: Connection,
    private readonly mayBatch = true,
  ) {
    this.inbox = `${connection.newInbox()}.`;
    connection.nats.subscribe(`${this.inbox}*`, {
      callback: (error, reply) => {
        if (error) this.fail(`replies cannot be received: ${error.message}`);
        else this.answered(reply);
      },
    });
    connection.onPhase((phase) => {
      if (phase === 'back') this.sendAllAgain();
      else this.lostAt = performance.now();
    });
  }

  /**
   * Settles within 5 s. A `conflict` is stored nowhere.
   * @param deadline when it is given up, on the monotonic clock
   * @throws LogUnavailable where it is certainly not stored, OutcomeUnknown where it may be
   */
  publish(
    subject: string,
    body: string,
    headers?: MsgHdrs,
    deadline = performance.now() + ANSWER_LIMIT_MS,
  ): Promise<Stored | 'conflict'> {
    return new Promise((resolve, reject) => {
      if (this.closed || !this.connection.connected) {
        reject(new LogUnavailable('not connected to NATS'));
        return;
      }
      if (deadline <= performance.now()) {
        reject(new LogUnavailable('there was no time left to ask the log'));
        return;
      }
      if (this.waiting.length + this.unanswered.size >= QUEUE + WINDOW) {
        reject(new LogUnavailable(`the log is not keeping up: ${QUEUE} events are waiting for it`));
        return;
      }
      if (this.isIdle) this.quietSince = performance.now();
      const attempts = { alone: false, sent: 0, sendAgainAt: 0, hindrance: null };
      this.waiting.push({ subject, body, headers, deadline, resolve, reject, ...attempts });
      this.advanceSoon();
      this.sweeping ??= setInterval(() => {
        this.sweep();
      }, SWEEP_MS);
    });
  }

  /** Takes nothing more; resolves once everything taken is settled, which is within 5 s. */
  async close(): Promise<void> {
    this.closed = true;
    if (!this.isIdle) await new Promise<void>((resolve) => (this.whenIdle = resolve));
  }

  private get isIdle(): boolean {
    return this.unanswered.size === 0 && this.waiting.length === 0 && !this.batch;
  }

  private get inBatches(): boolean {
    return this.mayBatch && this.syncing.found && performance.now() >= this.batchesFrom;
  }

  private send(token: string, publication: Publication): void {
    const { subject, body, headers } = publication;
    try {
      // Encoded here: the client's own way takes several times as long.
      this.connection.nats.publish(subject, Buffer.from(body), {
        reply: this.inbox + token,
        ...(headers && { headers }),
      });
      publication.sent += 1;
      publication.sendAgainAt = performance.now() + PATIENCE_MS;
    } catch (error) {
      this.unanswered.delete(token);
      publication.reject(error as Error);
    }
  }

  private answered(reply: Msg): void {
    const token = reply.subject.slice(this.inbox.length);
    this.quietSince = performance.now();
    if (token === this.batch?.token) {
      this.batchAnswered(this.batch, reply);
      return;
    }
    const publication = this.unanswered.get(token);
    if (!publication) return;
    const outcome = outcomeOf(reply);
    if ('again' in outcome) {
      if (outcome.notStored) publication.sent -= 1;
      publication.hindrance = outcome.again;
      publication.sendAgainAt = 0;
      return;
    }
    this.unanswered.delete(token);
    this.timed(Number(token));
    if ('refused' in outcome) publication.reject(notStored(publication, outcome.refused));
    else if ('conflict' in outcome) publication.resolve('conflict');
    else publication.resolve(outcome.stored);
    this.advanceSoon();
  }

  private timed(token: number): void {
    this.syncing.answered(token);
    if (this.reading) return;
    this.reading = true;
    queueMicrotask(() => {
      this.reading = false;
      this.syncing.read(this.quietSince, this.unanswered.size, this.nextToken - 1);
    });
  }

  private batchAnswered({ parts, sentAt }: Batch, reply: Msg): void {
    const outcome = batchOutcomeOf(reply, parts.length);
    if ('firstSeq' in outcome) {
      this.batch = null;
      this.syncing.stored(parts.length, this.quietSince - sentAt);
      for (const [i, { resolve }] of parts.entries()) resolve({ seq: outcome.firstSeq + i, duplicate: false });
      this.advanceSoon();
    } else this.takeApart(outcome.notStored, outcome.othersToo);
  }

  /** What was in it goes by itself, in the place that it had. */
  private takeApart(isNotStored: boolean, othersToo: boolean): void {
    const { parts = [] } = this.batch ?? {};
    this.batch = null;
    const now = performance.now();
    if (othersToo) this.batchesFrom = now + APART_MS;
    for (const part of parts) part.alone = true;
    if (isNotStored) for (const part of parts) part.sent -= 1;
    // Those given up meanwhile have been told so.
    this.waiting = [...parts.filter(({ deadline }) => deadline > now), ...this.waiting];
    this.advance();
  }

  /** With what else comes in this turn of the event loop, where it can go together. */
  private advanceSoon(): void {
    this.advancing ??= setImmediate(() => {
      this.advancing = undefined;
      this.advance();
    });
  }

  /** Fills the window from those waiting, or sends them together. */
  private advance(): void {
    const { inBatches } = this;
    while (this.connection.connected && !this.batch && this.waiting.length > 0) {
      const size = inBatches ? batchSize(this.waiting, this.connection.maxPayload) : 0;
      const window = inBatches && !this.waiting[0]!.alone ? SYNCED_WINDOW : WINDOW;
      // A batch behind many would be taken for one that is not answered.
      if (size > 0 ? this.unanswered.size > SYNCED_WINDOW : this.unanswered.size >= window) break;
      if (size > 0) this.sendTogether(this.waiting.splice(0, size));
      else this.sendAlone(this.waiting.shift()!);
    }
    if (!this.isIdle) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
    this.whenIdle?.();
  }

  private sendAlone(publication: Publication): void {
    const token = String(this.nextToken++);
    this.unanswered.set(token, publication);
    this.send(token, publication);
  }

  private sendTogether(parts: readonly Publication[]): void {
    const token = String(this.nextToken++);
    this.batch = { token, parts, sentAt: performance.now() };
    for (const part of parts) part.sent += 1;
    try {
      sendBatch(this.connection, this.name + token, parts as readonly (Publication & Batchable)[], this.inbox + token);
    } catch {
      this.takeApart(true, true);
    }
  }

  private sendAllAgain(): void {
    this.syncing.forget();
    for (const [token, publication] of this.unanswered) this.send(token, publication);
    this.takeApart(false, false);
  }

  private sweep(): void {
    const now = performance.now();
    const { connected, complaint } = this.connection;
    if (!connected && now - this.lostAt >= AWAY_LIMIT_MS) {
      this.fail('the connection to NATS was lost');
      return;
    }
    const reason = `no answer of the log in time${complaint && ` (${complaint})`}`;
    // What has waited for a silent log is not sent to it with its last breath.
    if (now - this.quietSince >= ANSWER_LIMIT_MS) {
      this.fail(reason);
      return;
    }
    for (const [token, publication] of this.unanswered) {
      if (publication.deadline <= now) {
        this.unanswered.delete(token);
        publication.reject(givenUp(publication, reason));
      } else if (connected && publication.sendAgainAt <= now) this.send(token, publication);
    }
    for (const publication of [...(this.batch?.parts ?? []), ...this.waiting]) {
      if (publication.deadline <= now) publication.reject(givenUp(publication, reason));
    }
    this.waiting = this.waiting.filter(({ deadline }) => deadline > now);
    if (connected && this.batch && this.batch.sentAt + PATIENCE_MS <= now) this.takeApart(false, true);
    else this.advance();
  }

  private fail(reason: string): void {
    const all = [...this.unanswered.values(), ...(this.batch?.parts ?? []), ...this.waiting.splice(0)];
    this.unanswered.clear();
    this.batch = null;
    for (const publication of all) publication.reject(givenUp(publication, reason));
    this.advance();
  }
}
