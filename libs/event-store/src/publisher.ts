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
  /** How often it was sent, not counting what was answered with "not stored": with none it certainly is not. */
  sent: number;
  /** When it is sent again, where there is no answer until then. */
  sendAgainAt: number;
  /** What the last answer said that was none for good. */
  hindrance: string | null;
}

/** Unanswered at a time. More make nothing quicker, and more would be unknown after a loss. */
const WINDOW = 512;
/** Waiting for a place in the window; beyond that the log is not keeping up, and the caller had better hear of it. */
const QUEUE = 8_192;
const SWEEP_MS = 250;
/** Without an answer it is sent again: a leader that dies takes its answers with it. */
const PATIENCE_MS = 1_500;
/** A connection that is lost may be back, with another server, within this time. */
const AWAY_LIMIT_MS = 1_000;

// A publish that expected another last sequence of its subject: the second form is the one of a replicated stream.
const WRONG_LAST_SEQUENCE = new Set([10_071, 10_164]);
// The same message is on its way into a replicated stream already. Every other error of a stream means: not stored.
const IN_PROCESS = 10_158;
// What an operator does where there is no room for more: of the server or the account, or of the stream itself.
const ADVICE = new Map([
  ...[10_002, 10_023, 10_047].map((code) => [code, 'raise max_file_store of nats-server, or make room'] as const),
  [10_077, 'raise max_bytes or max_msgs of the stream'],
]);
// A replicated stream cannot tell its subject's last sequence just now.
const LAST_SEQUENCE_UNKNOWN = 10_163;

/**
 * Publishes to streams, many at a time. The client's own publish costs a promise, a timer and a subscription lookup
 * each; here replies come to one inbox of our own, and one timer sweeps for all that is overdue. What is not answered,
 * or not by a stream, is sent again until its deadline: whatever is published here may come twice, by its message id
 * or since it takes the place of the first. So a stream that gets another leader is only slow. What was sent together
 * may be stored in another order then.
 */
export class Publisher {
  private readonly inbox: string;
  private waiting: Publication[] = [];
  /** By token. */
  private readonly unanswered = new Map<string, Publication>();
  private nextToken = 0;
  /** Since when the log has answered nothing of what is unanswered. */
  private quietSince = 0;
  private lostAt = 0;
  private sweeping: NodeJS.Timeout | undefined;
  private sending: NodeJS.Immediate | undefined;
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
      const attempts = { sent: 0, sendAgainAt: 0, hindrance: null };
      this.waiting.push({ subject, body, headers, deadline, resolve, reject, ...attempts });
      // What is published within one turn of the event loop leaves as one write.
      this.sending ??= setImmediate(() => {
        this.sending = undefined;
        this.advance();
      });
      this.sweeping ??= setInterval(() => {
        this.sweep();
      }, SWEEP_MS);
    });
  }

  /** Takes nothing more; resolves once everything taken is settled, which is within 5 s. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.unanswered.size === 0 && this.waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      this.whenIdle = resolve;
    });
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
    const publication = this.unanswered.get(token);
    this.quietSince = performance.now();
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
    this.advance();
  }

  /** Fills the window from those waiting. */
  private advance(): void {
    while (this.connection.connected && this.unanswered.size < WINDOW) {
      const next = this.waiting.shift();
      if (!next) break;
      const token = String(this.nextToken++);
      if (this.unanswered.size === 0) this.quietSince = performance.now();
      this.unanswered.set(token, next);
      this.send(token, next);
    }
    if (this.unanswered.size > 0 || this.waiting.length > 0) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
    this.whenIdle?.();
  }

  private sendAllAgain(): void {
    for (const [token, publication] of this.unanswered) this.send(token, publication);
    this.advance();
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
    this.waiting = this.waiting.filter(({ deadline, reject }) => {
      if (deadline <= now) reject(new LogUnavailable(reason));
      return deadline > now;
    });
    this.advance();
  }

  private fail(reason: string): void {
    const all = [...this.unanswered.values(), ...this.waiting.splice(0)];
    this.unanswered.clear();
    for (const publication of all) publication.reject(givenUp(publication, reason));
    this.advance();
  }
}

const givenUp = ({ sent, hindrance }: Publication, reason: string): Error =>
  sent > 0 ? new OutcomeUnknown(reason) : new LogUnavailable(hindrance ?? reason);

/** An attempt was refused; an earlier one may have been stored all the same. */
const notStored = ({ sent }: Publication, reason: string): Error =>
  sent > 1 ? new OutcomeUnknown(reason) : new LogUnavailable(reason);

interface PublishReply {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code: number; readonly description: string };
}

const NO_RESPONDERS = 503;

/** What an answer means: it is stored, or is not as expected, the stream does not take it, or the same is to be sent again. */
type Outcome =
  | { readonly stored: Stored }
  | { readonly conflict: true }
  | { readonly refused: string }
  | { readonly again: string; readonly notStored: boolean };

function outcomeOf(reply: Msg): Outcome {
  if (reply.headers?.code === NO_RESPONDERS) return { again: 'no stream takes this event just now', notStored: true };
  const { seq, duplicate, error } = publishReply(reply);
  if (error && WRONG_LAST_SEQUENCE.has(error.err_code)) return { conflict: true };
  if (error) {
    const advice = ADVICE.get(error.err_code);
    const said = `the log did not take it: ${error.description} (${error.err_code})${advice ? `; ${advice}` : ''}`;
    if (error.err_code === IN_PROCESS) return { again: said, notStored: false };
    return error.err_code === LAST_SEQUENCE_UNKNOWN ? { again: said, notStored: true } : { refused: said };
  }
  if (seq === undefined) return { again: 'the log gave an answer without a sequence', notStored: false };
  return { stored: { seq, duplicate: duplicate ?? false } };
}

function publishReply(reply: Msg): PublishReply {
  try {
    return reply.json<PublishReply>();
  } catch {
    return {};
  }
}
