import type { DeadLetters } from './dead-letters.js';
import type { EventLog } from './event-log.js';
import type { Keyring } from './keys/keyring.js';
import type { Live } from './live.js';

type Asked =
  | 'connected'
  | 'hindrance'
  | 'onHindrance'
  | 'whenLed'
  | 'append'
  | 'decide'
  | 'last'
  | 'at'
  | 'recordAt'
  | 'lastSeq'
  | 'share'
  | 'restoredAt';

/** What is asked of a log by whoever does not fold it: an {@link EventLog} has all of it. */
export interface AskedLog extends Pick<EventLog, Asked> {
  readonly live: AskedLive;
  readonly letters: Pick<DeadLetters, 'put' | 'all'>;
  readonly keyring: Pick<Keyring, 'renewKey' | 'onRefused'>;
}

export type AskedLive = Pick<Live, Exclude<keyof Live, 'overhear'>>;
