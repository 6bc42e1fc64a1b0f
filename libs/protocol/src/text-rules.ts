import { ValidateBy } from 'class-validator';
import { isEmoji, isFilledText, isText } from '#domain';
import { isUserNumber } from './direct-chat.js';

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
