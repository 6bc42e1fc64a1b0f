import { timeOf } from '#domain';
import type { EventLog } from '#event-store';
import { secondsOf } from '../duration.js';
import { UsageError } from '../usage.js';

/** A point of the log: a sequence, or a time by the log's own clock, ms since 1970. */
export type Moment = { readonly seq: number } | { readonly time: number };

/** @throws UsageError where it is none */
export function momentOf(text: string | undefined, now: number): Moment {
  if (text !== undefined) {
    if (/^[1-9]\d{0,14}$/.test(text)) return { seq: Number(text) };
    const ago = secondsOf(text);
    if (ago !== null) return { time: now - ago * 1_000 };
    const time = timeOf(text);
    if (time !== null) return { time };
  }
  throw new UsageError('say when: 2026-01-31T18:30:00Z, how long ago (10m, 2h, 7d), or a sequence of the log, from 1');
}

/** The last sequence of the log by then; 0 for none. @throws LogUnavailable */
export async function seqUntil(log: Pick<EventLog, 'lastSeq'>, moment: Moment): Promise<number> {
  return 'seq' in moment ? moment.seq : log.lastSeq({}, moment.time);
}

/** The first sequence from then on, there or to come. @throws LogUnavailable */
export async function seqFrom(log: Pick<EventLog, 'lastSeq'>, moment: Moment): Promise<number> {
  return 'seq' in moment ? moment.seq : (await log.lastSeq({}, moment.time - 1)) + 1;
}
