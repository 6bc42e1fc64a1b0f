import { type Msg, type MsgHdrs } from '@nats-io/transport-node';
import type { Connection } from './connection.js';
import { ANSWER_LIMIT_MS, LogUnavailable } from './log-unavailable.js';

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

/**
 * Publishes to streams, many at a time. The client's own publish costs a promise, a timer and a subscription lookup
 * each; here replies come to one inbox of our own, and one timer sweeps for all that is overdue.
 */
export class Publisher {
  private readonly inbox: string;
  private readonly waiting: Publication[] = [];
  /** By token, oldest first: deadlines are in the order of the tokens. */
  private readonly unanswered = new Map<string, Publication>();
  private nextToken = 0;
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
   * @throws LogUnavailable where it is not known whether it was stored
   */
  publish(subject: string, body: string, headers?: MsgHdrs): Promise<Stored | 'conflict'> {
    return new Promise((resolve, reject) => {
      if (this.closed || !this.connection.connected) {
        reject(new LogUnavailable('not connected to NATS'));
        return;
      }
      if (this.waiting.length >= QUEUE) {
        reject(new LogUnavailable(`the log is not keeping up: ${QUEUE} events are waiting for it`));
        return;
      }
      const deadline = performance.now() + ANSWER_LIMIT_MS;
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
      this.unanswered.set(token, publication);
    } catch (error) {
      publication.reject(error as Error);
    }
  }

  private answered(reply: Msg): void {
    const token = reply.subject.slice(this.inbox.length);
    const publication = this.unanswered.get(token);
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
    const late = new LogUnavailable(`no answer of the log in time${complaint && ` (${complaint})`}`);
    for (const [token, publication] of this.unanswered) {
      if (publication.deadline > now) break;
      this.unanswered.delete(token);
      publication.reject(late);
    }
    while (this.waiting[0] && this.waiting[0].deadline <= now) this.waiting.shift()?.reject(late);
    this.advance();
  }

  private fail(reason: string): void {
    const error = new LogUnavailable(`${reason}; whether the event is stored is not known, send it again with its id`);
    const lost = [...this.unanswered.values(), ...this.waiting.splice(0)];
    this.unanswered.clear();
    for (const publication of lost) publication.reject(error);
    this.advance();
  }
}

interface PublishReply {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code: number; readonly description: string };
}

function settle({ resolve, reject }: Publication, reply: Msg): void {
  if (reply.data.length === 0) {
    const status = reply.headers?.status ?? 'empty reply';
    reject(new LogUnavailable(`no stream takes this event just now (${status})`));
    return;
  }
  const { seq, duplicate, error } = publishReply(reply);
  if (error && WRONG_LAST_SEQUENCE.has(error.err_code)) resolve('conflict');
  else if (error) reject(new LogUnavailable(`the log did not take it: ${error.description} (${error.err_code})`));
  else if (seq === undefined) reject(new LogUnavailable('the log gave an answer without a sequence'));
  else resolve({ seq, duplicate: duplicate ?? false });
}

function publishReply(reply: Msg): PublishReply {
  try {
    return reply.json<PublishReply>();
  } catch {
    return {};
  }
}
