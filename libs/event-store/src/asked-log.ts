import type { EventLog } from './event-log.js';
import type { Live } from './live.js';

/** What is asked of a log by whoever does not fold it: an {@link EventLog} has all of it. */
export interface AskedLog extends Pick<
  EventLog,
  'connected' | 'hindrance' | 'append' | 'decide' | 'last' | 'at' | 'recordAt' | 'lastSeq'
> {
  readonly live: AskedLive;
}

export type AskedLive = Pick<Live, keyof Live>;
