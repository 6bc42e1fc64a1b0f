import { type Msg, type MsgHdrs } from '@nats-io/transport-node';
import type { Connection } from './connection.js';
import { ANSWER_LIMIT_MS, LogUnavailable, OutcomeUnknown } from './log-unavailable.js';

/** What the stream says of one message: stored, there already, or not as expected. */
export interface Stored {
  readonly seq: number;
  readonly duplicate: boolean;
}

interface Publication {
  readonly subject: string;
  readonly body: string;
  readonly headers: MsgHdrs | undefined;
  /** On the monotonic clock, in ms. */
  readonly deadline: number;
  readonly resolve: (outcome: Stored | 'conflict') => void;
  readonly reject: (error: Error) => void;
}

/** Unanswered at a time. More make nothing quicker, and more would be unknown after a loss. */
const WINDOW = 512;
/** Waiting for a place in the window; beyond that the log is not keeping up, and the caller had better hear of it. */
const QUEUE = 8_192;
const SWEEP_MS = 250;

// A publish that expected another last sequence of its subject: the second form is the one of a replicated stream.
const WRONG_LAST_SEQUENCE = new Set([10_071, 10_164]);
// The same message is on its way into a replicated stream already. Every other error of a stream means: not stored.
const IN_PROCESS = 10_158;

/**
 * Publishes to streams, many at a time. The client's own publish costs a promise, a timer and a subscription lookup
 * each; here replies come to one inbox of our own, and one timer sweeps for all that is overdue.
 */
export class Publisher {
  private readonly inbox: string;
  private waiting: Publication[] = [];
  /** By token. */
  private readonly unanswered = new Map<string, Publication>();
  private nextToken = 0;
  /** Since when the log has answered nothing of what is unanswered. */
  private quietSince = 0;
  private sweeping: NodeJS.Timeout | undefined;
  private whenIdle: (() => void) | undefined;
  private closed = false;

  constructor(private readonly connection: Connection) {
    this.inbox = `${connection.newInbox()}.`;
    connection.nats.subscribe(`${this.inbox}*`, {
      callback: (error, reply) => {
        if (error) this.fail(`replies cannot be received: ${error.message}`);
        else this.answered(reply);
      },
    });
    connection.onPhase((phase) => {
      if (phase === 'lost') this.fail('the connection to NATS was lost');
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
      if (this.waiting.length >= QUEUE) {
        reject(new LogUnavailable(`the log is not keeping up: ${QUEUE} events are waiting for it`));
        return;
      }
      const publication = { subject, body, headers, deadline, resolve, reject };
      if (this.unanswered.size < WINDOW) this.send(publication);
      else this.waiting.push(publication);
      this.sweeping ??= setInterval(() => {
        this.sweep();
      }, SWEEP_MS);
    });
  }

  /** Takes nothing more; resolves once everything taken is settled, which is within 5 s. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.unanswered.size === 0) return;
    await new Promise<void>((resolve) => {
      this.whenIdle = resolve;
    });
  }

  private send(publication: Publication): void {
    const token = String(this.nextToken++);
    const { subject, body, headers } = publication;
    try {
      this.connection.nats.publish(subject, body, { reply: this.inbox + token, ...(headers && { headers }) });
      if (this.unanswered.size === 0) this.quietSince = performance.now();
      this.unanswered.set(token, publication);
    } catch (error) {
      publication.reject(error as Error);
    }
  }

  private answered(reply: Msg): void {
    const token = reply.subject.slice(this.inbox.length);
    const publication = this.unanswered.get(token);
    this.quietSince = performance.now();
    if (!publication) return;
    this.unanswered.delete(token);
    settle(publication, reply);
    this.advance();
  }

  /** Fills the window from those waiting. */
  private advance(): void {
    while (this.unanswered.size < WINDOW) {
      const next = this.waiting.shift();
      if (!next) break;
      this.send(next);
    }
    if (this.unanswered.size > 0) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
    this.whenIdle?.();
  }

  private sweep(): void {
    const now = performance.now();
    const { complaint } = this.connection;
    const reason = `no answer of the log in time${complaint && ` (${complaint})`}`;
    // What has waited for a silent log is not sent to it with its last breath.
    if (now - this.quietSince >= ANSWER_LIMIT_MS) {
      this.fail(reason);
      return;
    }
    for (const [token, { deadline, reject }] of this.unanswered) {
      if (deadline > now) continue;
      this.unanswered.delete(token);
      reject(new OutcomeUnknown(reason));
    }
    this.waiting = this.waiting.filter(({ deadline, reject }) => {
      if (deadline <= now) reject(new LogUnavailable(reason));
      return deadline > now;
    });
    this.advance();
  }

  private fail(reason: string): void {
    const sent = [...this.unanswered.values()];
    this.unanswered.clear();
    for (const { reject } of sent) reject(new OutcomeUnknown(reason));
    for (const { reject } of this.waiting.splice(0)) reject(new LogUnavailable(reason));
    this.advance();
  }
}

interface PublishReply {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code: number; readonly description: string };
}

const NO_RESPONDERS = 503;

function settle({ resolve, reject }: Publication, reply: Msg): void {
  if (reply.headers?.code === NO_RESPONDERS) {
    reject(new LogUnavailable('no stream takes this event just now'));
    return;
  }
  const { seq, duplicate, error } = publishReply(reply);
  if (error && WRONG_LAST_SEQUENCE.has(error.err_code)) resolve('conflict');
  else if (error) reject(refusalOf(error));
  else if (seq === undefined) reject(new OutcomeUnknown('the log gave an answer without a sequence'));
  else resolve({ seq, duplicate: duplicate ?? false });
}

function refusalOf({ err_code, description }: NonNullable<PublishReply['error']>): Error {
  const reason = `the log did not take it: ${description} (${err_code})`;
  return err_code === IN_PROCESS ? new OutcomeUnknown(reason) : new LogUnavailable(reason);
}

function publishReply(reply: Msg): PublishReply {
  try {
    return reply.json<PublishReply>();
  } catch {
    return {};
  }
}
