import type { Fault, FaultCode } from './fault.js';

// The one answer to a frame that carries an `id`, the same on both endpoints.

/** What a frame came to: the message or the chat that it made or concerned; of a list, nothing. */
export interface AckData {
  readonly message_id?: string;
  readonly chat_id?: number;
}

export interface NackData {
  readonly code: FaultCode;
  readonly message: string;
  /** Whether the same frame, sent again, may be carried out. */
  readonly retryable: boolean;
}

const retryable: ReadonlySet<FaultCode> = new Set(['unavailable', 'unknown']);

/** What the frame asked for is in the log, and stays: the same id again is answered by the same. */
export const ackFrame = (id: string, data: AckData): string => JSON.stringify({ event: 'ack', id, data });

export function nackFrame(id: string, { code, message }: Fault): string {
  const data: NackData = { code, message, retryable: retryable.has(code) };
  return JSON.stringify({ event: 'nack', id, data });
}
