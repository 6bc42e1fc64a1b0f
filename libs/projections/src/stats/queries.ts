import type { Room } from '#domain';
import { type AskedReadModels, type DocumentStore, Served } from '#read-models';
import { type DayDocument, dayId, STATS_FORMAT } from './documents.js';

const DAY_MS = 86_400_000;

/** How many days are asked for together at most: a year. */
const MAX_DAYS = 366;

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

/** The UTC day so many days before or after another one. */
export const dayAfter = (day: string, days: number): string => dayAt(startOf(day) + days * DAY_MS);

/** The UTC day of a moment in ms since 1970. */
export const dayAt = (ms: number): string => new Date(ms).toISOString().slice(0, 'YYYY-MM-DD'.length);

/** Whether this is a day of the calendar, as `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  const start = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  // Dates take the 31st of a month of 30 days for the 1st of the next.
  return !Number.isNaN(start) && dayAt(start) === text;
}

/** Why these days cannot be asked for together, in words for who asks; null where they can. */
export function spanFault(from: string, to: string): string | null {
  const last = dayAfter(from, MAX_DAYS - 1);
  return to >= from && to <= last ? null : `to must be from ${from} to ${last}, which are ${MAX_DAYS} days`;
}

/** In ms since 1970. */
function startOf(day: string): number {
  if (!isDay(day)) throw new RangeError(`not a day: ${day}; give one as 2026-01-31`);
  return Date.parse(day);
}

/** The stats as they are served. */
export class ServedStats extends Served<Stats> {
  constructor(readModels: AskedReadModels) {
    super(readModels, { name: 'stats', format: STATS_FORMAT }, (store) => new Stats(store));
  }
}
