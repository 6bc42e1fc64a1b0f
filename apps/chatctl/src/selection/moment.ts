import { timeOf } from '#domain';
import type { Moment } from '#event-store';
import { secondsOf } from '../duration.js';
import { UsageError } from '../usage.js';

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
