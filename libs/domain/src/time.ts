const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A time in ISO 8601, or the beginning of a day, as ms since 1970; null for none. Where no zone is named it is in UTC. */
export function timeOf(text: string): number | null {
  const [isTime, zone] = TIME.exec(text) ?? [];
  if (isTime === undefined) return null;
  const time = Date.parse(text.includes('T') && zone === undefined ? `${text}Z` : text);
  return Number.isNaN(time) ? null : time;
}
