import { type Msg, type MsgHdrs } from '@nats-io/transport-node';
import type { Connection } from './connection.js';
import { ANSWER_LIMIT_MS, LogUnavailable, type Stored } from './outcomes.js';
import { type Publication, Together } from './publications.js';
import { givenUp, notStored, outcomeOf } from './publish-reply.js';

/** Unanswered at a time. More make nothing quicker, and more would be unknown after a loss. */
const WINDOW = 512;
/** The same where the stream syncs each to the disk: the rest waits to be stored at once, with one sync. */
const SYNCED_WINDOW = 32;
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
  private waiting: Publication[] = [];
  /** By token. */
  private readonly unanswered = new Map<string, Publication>();
  private readonly together: Together;
  private advancing: NodeJS.Immediate | undefined;
  private pausing: NodeJS.Timeout | undefined;
  private sentAt = -Infinity;
  /** Whether something waits for an answer to what was sent before. */
  private isHeld = false;
  private nextToken = 0;
  /** Since when the log has answered nothing of what is unanswered. */
  private quietSince = 0;
  private lostAt = 0;
  private sweeping: NodeJS.Timeout | undefined;
  private whenIdle: (() => void) | undefined;
  private closed = false;

  /**
   * @param isSynced whether the stream syncs each message to the disk before it answers
   * @param everyMs what is published is sent so long after what was sent last, and at once after a quiet moment
   */
  constructor(
    private readonly connection: Connection,
    isSynced = false,
    private readonly everyMs = 0,
  ) {
    this.inbox = `${connection.newInbox()}.`;
    this.together = new Together(connection, this.inbox, isSynced);
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
      this.advanceInTime();
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
    return this.unanswered.size === 0 && this.waiting.length === 0 && !this.together.isUnderWay;
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
    if (this.together.isAnsweredBy(token)) {
      this.waiting = [...this.together.answered(reply), ...this.waiting];
      this.advanceSoon();
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
    if ('refused' in outcome) publication.reject(notStored(publication, outcome.refused));
    else if ('conflict' in outcome) publication.resolve('conflict');
    else publication.resolve(outcome.stored);
    if (this.isHeld || this.isIdle) this.advanceSoon();
  }

  /** What was under way together goes by itself, in the place that it had. */
  private takeApart(isNotStored: boolean, othersToo: boolean): void {
    this.waiting = [...this.together.takeApart(isNotStored, othersToo), ...this.waiting];
    this.advance();
  }

  /** With what else comes until then. */
  private advanceInTime(): void {
    const early = this.sentAt + this.everyMs - performance.now();
    if (early <= 0) this.advanceSoon();
    else if (!this.isHeld)
      this.pausing ??= setTimeout(() => {
        this.advance();
      }, early);
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
    clearTimeout(this.pausing);
    this.pausing = undefined;
    if (this.waiting.length > 0) this.sentAt = performance.now();
    while (this.connection.connected && !this.together.isUnderWay && this.waiting.length > 0) {
      const mayJoin = this.together.isAllowed;
      const size = mayJoin ? this.together.sizeOf(this.waiting) : 0;
      const window = mayJoin && !this.waiting[0]!.alone ? SYNCED_WINDOW : WINDOW;
      // A batch behind many would be taken for one that is not answered.
      if (size > 0 ? this.unanswered.size > SYNCED_WINDOW : this.unanswered.size >= window) break;
      if (size === 0) this.sendAlone(this.waiting.shift()!);
      else if (!this.together.send(this.nextToken++, this.waiting.splice(0, size))) this.takeApart(true, true);
    }
    this.isHeld = this.waiting.length > 0;
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

  private sendAllAgain(): void {
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
    for (const publication of [...this.together.parts, ...this.waiting]) {
      if (publication.deadline <= now) publication.reject(givenUp(publication, reason));
    }
    this.waiting = this.waiting.filter(({ deadline }) => deadline > now);
    if (connected && this.together.sentAt + PATIENCE_MS <= now) this.takeApart(false, true);
    else this.advance();
  }

  private fail(reason: string): void {
    const all = [...this.unanswered.values(), ...this.together.parts, ...this.waiting.splice(0)];
    this.unanswered.clear();
    this.together.takeApart(false, false);
    for (const publication of all) publication.reject(givenUp(publication, reason));
    this.advance();
  }
}
