import type { MsgHdrs } from '@nats-io/transport-node';
import type { Stored } from './publish-reply.js';

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
