const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** The seconds of a length of time such as 90s, 15m, 1h or 7d; null where it is none. */
export function secondsOf(duration: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,6})([smhd])$/.exec(duration) ?? [];
  return count === undefined || unit === undefined ? null : Number(count) * UNITS[unit]!;
}
