import { ValidateBy } from 'class-validator';
import { isEmoji, isFilledText, isText, MAX_ID_LENGTH, eventTime } from '#domain';
import { isUserNumber } from './direct-chat.js';
import type { KnownPosition } from './resume.js';
import { type Topic, topics } from './subscription.js';

/** In one resume: each may cost some readings. */
const MAX_ROOMS = 100;

// What a field of a frame may hold, as class-validator's decorators. Lengths are in characters, that is code points.

interface Rule {
  readonly isMet: (value: unknown) => boolean;
  /** The same as JSON Schema, for whoever reads of it. */
  readonly schema: object;
  /** What comes after `must be`. */
  readonly words: string;
}

/** The schema is the one constraint of the rule: `payloadSchema` finds it there. */
const rule = ({ isMet, schema, words }: Rule): PropertyDecorator =>
  ValidateBy({
    name: 'textRule',
    constraints: [schema],
    validator: { validate: isMet, defaultMessage: () => `$property must be ${words}` },
  });

/** Half a surrogate pair, as a pattern with the flag `u` sees it. */
const ILL_FORMED = '\\ud800-\\udfff';
const WELL_FORMED = `[^${ILL_FORMED}]*`;

/** What `isText` says, as JSON Schema. */
export const textSchema = (max: number) => ({
  type: 'string',
  maxLength: max,
  pattern: `^${WELL_FORMED}$`,
  description: 'Well-formed Unicode.',
});

const filledTextSchema = (max: number) => ({
  ...textSchema(max),
  minLength: 1,
  pattern: `^${WELL_FORMED}[^\\s${ILL_FORMED}]${WELL_FORMED}$`,
  description: 'Well-formed Unicode, not only white space.',
});

const wholeSchema = (minimum: number) => ({ type: 'integer', minimum, maximum: Number.MAX_SAFE_INTEGER });

/** Well-formed text of 1 to `max` characters, not only white space. */
export const FilledText = (max: number): PropertyDecorator =>
  rule({
    isMet: (value) => isFilledText(value, max),
    schema: filledTextSchema(max),
    words: `a text of 1 to ${max} characters, not only white space`,
  });

/** Well-formed text of at most `max` characters. */
export const ShortText = (max: number): PropertyDecorator =>
  rule({
    isMet: (value) => isText(value, max),
    schema: textSchema(max),
    words: `a text of at most ${max} characters`,
  });

/** The format of {@link EmojiOrEmpty}: no pattern of JSON Schema says what an emoji is. */
export const isEmojiOrEmpty = (value: string): boolean => value === '' || isEmoji(value);

/** One emoji as Unicode defines it, or the empty text. */
export const EmojiOrEmpty = (): PropertyDecorator =>
  rule({
    isMet: (value) => typeof value === 'string' && isEmojiOrEmpty(value),
    schema: {
      type: 'string',
      format: 'emoji-or-empty',
      description: 'One emoji of the list RGI_Emoji of Unicode, or empty to take the reaction back.',
    },
    words: 'one emoji, or empty to take the reaction back',
  });

/** A person's number on the direct API. */
export const UserNumber = (): PropertyDecorator =>
  rule({
    isMet: isUserNumber,
    schema: wholeSchema(0),
    words: 'the number of a user',
  });

/** The number of a direct chat, from 1. */
export const ChatNumber = (): PropertyDecorator =>
  rule({
    isMet: (value) => isUserNumber(value) && value > 0,
    schema: wholeSchema(1),
    words: 'the number of a chat',
  });

const roomNames: readonly unknown[] = ['global', 'clan'];

/** A room of the room API, as a person means it. */
export const RoomName = (): PropertyDecorator =>
  rule({
    isMet: (value) => roomNames.includes(value),
    schema: { type: 'string', enum: roomNames },
    words: 'global or clan',
  });

/** The format of {@link Time}: RFC 3339, with a zone. */
export const isTime = (value: string): boolean => eventTime(value) !== null;

/** A moment. */
export const Time = (): PropertyDecorator =>
  rule({
    isMet: (value) => typeof value === 'string' && isTime(value),
    schema: { type: 'string', format: 'date-time' },
    words: 'a time like 2026-01-31T12:00:00Z',
  });

/** A whole number of seconds, from 0. */
export const Seconds = (most: number): PropertyDecorator =>
  rule({
    isMet: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most,
    schema: { type: 'integer', minimum: 0, maximum: most },
    words: `a whole number of seconds from 0 to ${most}`,
  });

/** What a connection may subscribe to. */
export const Topics = (): PropertyDecorator =>
  rule({
    isMet: (value) =>
      Array.isArray(value) && value.length <= topics.length && value.every((topic) => topics.includes(topic as Topic)),
    schema: { type: 'array', items: { type: 'string', enum: topics }, maxItems: topics.length },
    words: `a list of ${topics.length} at most of: ${topics.join(', ')}`,
  });

/** Rooms by their names, each with how far it is known. */
export const KnownRooms = (): PropertyDecorator =>
  rule({
    isMet: isKnownRooms,
    schema: {
      type: 'object',
      maxProperties: MAX_ROOMS,
      propertyNames: textSchema(MAX_ID_LENGTH),
      additionalProperties: {
        type: ['object', 'null'],
        properties: { n: wholeSchema(0), rev: wholeSchema(0), clan_id: filledTextSchema(MAX_ID_LENGTH) },
        required: ['n', 'rev'],
      },
    },
    words:
      `an object of ${MAX_ROOMS} rooms at most, {name: {n, rev} or null}: whole numbers from 0, names of up to ` +
      `${MAX_ID_LENGTH} characters; clan_id, where it is given, an id`,
  });

function isKnownRooms(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const rooms = Object.entries(value as Record<string, unknown>);
  return (
    rooms.length <= MAX_ROOMS &&
    rooms.every(([name, at]) => isText(name, MAX_ID_LENGTH) && (at === null || isKnownPosition(at)))
  );
}

function isKnownPosition(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { n, rev, clan_id } = value as Partial<KnownPosition>;
  const isPlace = [n, rev].every((number) => Number.isSafeInteger(number) && number! >= 0);
  return isPlace && (clan_id === undefined || isFilledText(clan_id, MAX_ID_LENGTH));
}
