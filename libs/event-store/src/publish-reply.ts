import type { Msg } from '@nats-io/transport-node';
import { LogUnavailable, OutcomeUnknown, type Stored } from './outcomes.js';

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

interface PublishReply {
  readonly seq?: number;
  readonly duplicate?: boolean;
  /** Of a batch. */
  readonly count?: number;
  readonly error?: { readonly err_code: number; readonly description: string };
}

const NO_RESPONDERS = 503;

/** What an answer means: it is stored, or is not as expected, the stream does not take it, or the same is to be sent again. */
export type Outcome =
  | { readonly stored: Stored }
  | { readonly conflict: true }
  | { readonly refused: string }
  | { readonly again: string; readonly notStored: boolean };

export function outcomeOf(reply: Msg): Outcome {
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

// What single messages of a batch are refused for: the same message id is there or on its way, or an expectation does
// not hold or cannot be looked up just now.
const OF_ITS_CONTENT = new Set([...WRONG_LAST_SEQUENCE, IN_PROCESS, LAST_SEQUENCE_UNKNOWN, 10_201]);

/** What becomes of a batch: all of it is stored from a sequence on, or each of it is to be sent by itself. */
export type BatchOutcome =
  | { readonly firstSeq: number }
  /** `othersToo`: another one would most likely fare the same. */
  | { readonly notStored: boolean; readonly othersToo: boolean };

/** @param size a server that knows of no batches stores its messages by themselves, and says nothing of their number */
export function batchOutcomeOf(reply: Msg, size: number): BatchOutcome {
  const { seq, count, error } = publishReply(reply);
  if (seq !== undefined && count === size && !error) return { firstSeq: seq - size + 1 };
  const notStored = error !== undefined || reply.headers?.code === NO_RESPONDERS;
  return { notStored, othersToo: !error || !OF_ITS_CONTENT.has(error.err_code) };
}

function publishReply(reply: Msg): PublishReply {
  try {
    return reply.json<PublishReply>();
  } catch {
    return {};
  }
}

interface Attempts {
  /** How often it was sent, not counting what was answered with "not stored": with none it certainly is not. */
  readonly sent: number;
  /** What the last answer said that was none for good. */
  readonly hindrance: string | null;
}

/** There was no answer in time. */
export const givenUp = ({ sent, hindrance }: Attempts, reason: string): Error =>
  sent > 0 ? new OutcomeUnknown(reason) : new LogUnavailable(hindrance ?? reason);

/** An attempt was refused; an earlier one may have been stored all the same. */
export const notStored = ({ sent }: Attempts, reason: string): Error =>
  sent > 1 ? new OutcomeUnknown(reason) : new LogUnavailable(reason);
