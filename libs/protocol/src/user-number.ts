// The direct API names people by numbers; everything behind it names them by strings. A number and its canonical
// decimal are the same person, and no other spelling is.

const CANONICAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** Whether a value of a frame is a user's number: an integer from 0 to 2^53 - 1. */
export const isUserNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The id of the person whom the direct API calls by this number. */
export const userIdOf = (number: number): string => String(number);

/** The number of a user id, or null where the id is not the canonical decimal of one. */
export function userNumberOf(userId: string): number | null {
  if (!CANONICAL.test(userId)) return null;
  const number = Number(userId);
  return Number.isSafeInteger(number) ? number : null;
}
