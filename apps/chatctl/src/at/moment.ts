import { secondsOf } from '../duration.js';
import { UsageError } from '../usage.js';

/** A point of the log: a sequence, or a time by the log's own clock, ms since 1970. */
export type Moment = { readonly seq: number } | { readonly time: number };

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** @throws UsageError where it is none */
export function momentOf(text: string | undefined, now: number): Moment {
  if (text !== undefined) {
    if (/^[1-9]\d{0,14}$/.test(text)) return { seq: Number(text) };
    const ago = secondsOf(text);
    if (ago !== null) return { time: now - ago * 1_000 };
    const time = timeOf(text);
    if (!Number.isNaN(time)) return { time };
  }
  throw new UsageError('say when: 2026-01-31T18:30:00Z, how long ago (10m, 2h, 7d), or a sequence of the log, from 1');
}

/** NaN where it is none. Without a zone it is in UTC, not in that of this machine, which may be any. */
function timeOf(text: string): number {
  const [isTime, zone] = TIME.exec(text) ?? [];
  if (isTime === undefined) return Number.NaN;
  return Date.parse(text.includes('T') && zone === undefined ? `${text}Z` : text);
}
