import { ValidateBy } from 'class-validator';
import { isEmoji, isFilledText, isText, MAX_ID_LENGTH } from '#domain';
import { isUserNumber } from './direct-chat.js';
import type { KnownPosition } from './resume.js';

/** In one resume: each may cost some readings. */
const MAX_ROOMS = 100;

// What a field of a frame may hold, as class-validator's decorators. Lengths are in characters, that is code points.

/** Well-formed text of 1 to `max` characters, not only white space. */
export const FilledText = (max: number): PropertyDecorator =>
  ValidateBy({
    name: 'filledText',
    validator: {
      validate: (value) => isFilledText(value, max),
      defaultMessage: () => `$property must be a text of 1 to ${max} characters, not only white space`,
    },
  });

/** Well-formed text of at most `max` characters. */
export const ShortText = (max: number): PropertyDecorator =>
  ValidateBy({
    name: 'shortText',
    validator: {
      validate: (value) => isText(value, max),
      defaultMessage: () => `$property must be a text of at most ${max} characters`,
    },
  });

/** One emoji as Unicode defines it, or the empty text. */
export const EmojiOrEmpty = (): PropertyDecorator =>
  ValidateBy({
    name: 'emojiOrEmpty',
    validator: {
      validate: (value) => typeof value === 'string' && (value === '' || isEmoji(value)),
      defaultMessage: () => '$property must be one emoji, or empty to take the reaction back',
    },
  });

/** A person's number on the direct API. */
export const UserNumber = (): PropertyDecorator =>
  ValidateBy({
    name: 'userNumber',
    validator: {
      validate: (value) => isUserNumber(value),
      defaultMessage: () => '$property must be the number of a user',
    },
  });

/** The number of a direct chat, from 1. */
export const ChatNumber = (): PropertyDecorator =>
  ValidateBy({
    name: 'chatNumber',
    validator: {
      validate: (value) => isUserNumber(value) && value > 0,
      defaultMessage: () => '$property must be the number of a chat',
    },
  });

/** Rooms by their names, each with how far it is known. */
export const KnownRooms = (): PropertyDecorator =>
  ValidateBy({
    name: 'knownRooms',
    validator: {
      validate: isKnownRooms,
      defaultMessage: () =>
        `$property must be an object of ${MAX_ROOMS} rooms at most, {name: {n, rev}}: whole numbers from 0, names of up to ` +
        `${MAX_ID_LENGTH} characters; clan_id, where it is given, an id`,
    },
  });

function isKnownRooms(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const rooms = Object.entries(value as Record<string, unknown>);
  return rooms.length <= MAX_ROOMS && rooms.every(([name, at]) => isText(name, MAX_ID_LENGTH) && isKnownPosition(at));
}

function isKnownPosition(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { n, rev, clan_id } = value as Partial<KnownPosition>;
  const isPlace = [n, rev].every((number) => Number.isSafeInteger(number) && number! >= 0);
  return isPlace && (clan_id === undefined || isFilledText(clan_id, MAX_ID_LENGTH));
}
