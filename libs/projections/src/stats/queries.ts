import type { Room } from '#domain';
import type { DocumentStore } from '#read-models';
import { type DayDocument, dayId } from './documents.js';

const DAY_MS = 86_400_000;

/** The queries on the stats: how much happened in a room, day by day. */
export class Stats {
  constructor(private readonly store: DocumentStore) {}

  /**
   * The days of a room from `from` to `to`, both `YYYY-MM-DD` in UTC and both included, oldest first. A day on which
   * nothing happened is left out.
   * @throws RangeError where one of them is not a day
   */
  async days(room: Room, from: string, to: string): Promise<DayDocument[]> {
    const count = 1 + (startOf(to) - startOf(from)) / DAY_MS;
    if (count < 1) return [];
    // Just above the last day: nothing else begins with it.
    return this.store.range('days', { from: dayId(room, from), to: `${dayId(room, to)};`, limit: count });
  }
}

/** In ms since 1970. */
function startOf(day: string): number {
  const start = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : NaN;
  if (Number.isNaN(start)) throw new RangeError(`not a day: ${day}; give one as 2026-01-31`);
  return start;
}
