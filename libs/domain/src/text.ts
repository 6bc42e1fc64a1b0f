// What a text that comes from outside may be. Lengths are in characters, that is in Unicode code points.

export const MAX_CONTENT_LENGTH = 4_000;
export const MAX_FEELING_LENGTH = 32;
export const MAX_NAME_LENGTH = 64;
/** In bytes of UTF-8, of the avatar's JSON text. */
export const MAX_AVATAR_BYTES = 2_048;

/** Counts no further than to `max`, and only where some of its characters may be two units of the text. */
function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false;
  let length = 0;
  for (const _character of text) if (++length > max) return true;
  return false;
}

/** Well-formed Unicode of at most `max` characters. BSON would turn a lone surrogate into another character. */
export const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && !isLongerThan(value, max) && value.isWellFormed();

/** The same, not empty and not only white space. */
export const isFilledText = (value: unknown, max: number): value is string => isText(value, max) && value.trim() !== '';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** A moment as RFC 3339 has it, as events have it: ISO 8601 in UTC with milliseconds. Null for what is none. */
export function eventTime(value: unknown): string | null {
  if (typeof value !== 'string' || !TIME.test(value)) return null;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return null;
  const time = date.toISOString();
  // In another zone it may be of the year 10000.
  return time.length === '2026-01-31T12:00:00.000Z'.length ? time : null;
}

// RGI_Emoji is Unicode's list of the emoji that people can send: skin tones, flags and joined ones are one.
const ONE_EMOJI = /^\p{RGI_Emoji}$/v;

// Parts of an emoji that lack the selector (U+FE0F) that asks for their coloured form, as many keyboards send them.
const WITHOUT_SELECTOR = /(?=\p{Emoji})\P{Emoji_Presentation}(?![\ufe0f\p{Emoji_Modifier}])/gv;

export const isEmoji = (value: string): boolean => ONE_EMOJI.test(value.replace(WITHOUT_SELECTOR, '$&\ufe0f'));

const TIME_OR_DAY = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A time in ISO 8601, or the beginning of a day, as ms since 1970; null for none. Where no zone is named it is in UTC. */
export function timeOf(text: string): number | null {
  const [isTime, zone] = TIME_OR_DAY.exec(text) ?? [];
  if (isTime === undefined) return null;
  const time = Date.parse(text.includes('T') && zone === undefined ? `${text}Z` : text);
  return Number.isNaN(time) ? null : time;
}
