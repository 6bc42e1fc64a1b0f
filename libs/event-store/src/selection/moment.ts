import type { EventLog } from '../event-log.js';

/** A point of the log: a sequence, or a time by the log's own clock, ms since 1970. */
export type Moment = { readonly seq: number } | { readonly time: number };

/** The last sequence of the log by then; 0 for none. @throws LogUnavailable */
export async function seqUntil(log: Pick<EventLog, 'lastSeq'>, moment: Moment): Promise<number> {
  return 'seq' in moment ? moment.seq : log.lastSeq({}, moment.time);
}

/** The first sequence from then on, there or to come. @throws LogUnavailable */
export async function seqFrom(log: Pick<EventLog, 'lastSeq'>, moment: Moment): Promise<number> {
  return 'seq' in moment ? moment.seq : (await log.lastSeq({}, moment.time - 1)) + 1;
}
