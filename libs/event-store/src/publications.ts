import { randomBytes } from 'node:crypto';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { type Batchable, batchSize, sendBatch } from './batch.js';
import type { Connection } from './connection.js';
import type { Stored } from './outcomes.js';
import { batchOutcomeOf } from './publish-reply.js';

/** One message on its way to a stream. */
export interface Publication {
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

interface Batch {
  readonly token: string;
  readonly parts: readonly Publication[];
  readonly sentAt: number;
}

/** No batches for so long, ms, after one of which nothing was stored for what is not the fault of its parts. */
const APART_MS = 10_000;

/** What is sent at once and is stored whole or not at all: one batch at a time. */
export class Together {
  /** What batches are told apart by, and stored with: those of all publishers to a stream, at the same time. */
  private readonly name = randomBytes(6).toString('base64url');
  private batch: Batch | null = null;
  /** When batches are tried again, on the monotonic clock. */
  private from = -Infinity;

  constructor(
    private readonly connection: Connection,
    private readonly inbox: string,
    private readonly isWanted: boolean,
  ) {}

  get isUnderWay(): boolean {
    return this.batch !== null;
  }

  /** What is under way. */
  get parts(): readonly Publication[] {
    return this.batch?.parts ?? [];
  }

  /** Infinity where nothing is under way. */
  get sentAt(): number {
    return this.batch?.sentAt ?? Infinity;
  }

  /** Whether what waits may go together just now. */
  get isAllowed(): boolean {
    return this.isWanted && performance.now() >= this.from;
  }

  /** How many of the first that wait can go together; 0 where it is not worth it. */
  sizeOf(waiting: readonly Publication[]): number {
    return batchSize(waiting, this.connection.maxPayload);
  }

  /** Whether they were sent; otherwise they are to be {@link takeApart taken apart}. */
  send(number: number, parts: readonly Publication[]): boolean {
    const token = String(number);
    this.batch = { token, parts, sentAt: performance.now() };
    for (const part of parts) part.sent += 1;
    try {
      sendBatch(this.connection, this.name + token, parts as readonly (Publication & Batchable)[], this.inbox + token);
      return true;
    } catch {
      return false;
    }
  }

  isAnsweredBy(token: string): boolean {
    return token === this.batch?.token;
  }

  /** The answer to what is under way. @returns what of it is to go by itself now, in its order */
  answered(reply: Msg): readonly Publication[] {
    const { parts } = this;
    const outcome = batchOutcomeOf(reply, parts.length);
    if (!('firstSeq' in outcome)) return this.takeApart(outcome.notStored, outcome.othersToo);
    this.batch = null;
    for (const [i, { resolve }] of parts.entries()) resolve({ seq: outcome.firstSeq + i, duplicate: false });
    return [];
  }

  /**
   * Gives up what is under way.
   * @param othersToo another one would most likely fare the same
   * @returns what goes by itself now, in its order
   */
  takeApart(isNotStored: boolean, othersToo: boolean): readonly Publication[] {
    const now = performance.now();
    const { parts } = this;
    this.batch = null;
    if (othersToo) this.from = now + APART_MS;
    for (const part of parts) {
      part.alone = true;
      if (isNotStored) part.sent -= 1;
    }
    // Those given up meanwhile have been told so.
    return parts.filter(({ deadline }) => deadline > now);
  }
}
