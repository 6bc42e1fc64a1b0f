import { describe, expect, it } from '@jest/globals';
import { decodeEvent, GLOBAL_ROOM, isEmoji, isFilledText, isText, UnreadableEvent } from '../src/index.js';

const body = {
  id: `msg.${'ab'.repeat(12)}`,
  at: '2026-01-02T03:04:05.678Z',
  messageId: 'ab'.repeat(12),
  sender: { id: '7', name: 'Ada', avatar: null },
  content: 'hi',
};
const stored = (fields: unknown, type = 'MessageCreated', version = 1) => ({
  type,
  version,
  room: GLOBAL_ROOM,
  body: typeof fields === 'string' ? fields : JSON.stringify(fields),
});

describe('a stored event', () => {
  it('is read with its room and sequence', () => {
    expect(decodeEvent(stored(body), 9)).toEqual({ ...body, type: 'MessageCreated', room: 'global', seq: 9 });
  });

  it.each([
    ['an unknown type', stored(body, 'MessageSung')],
    ['no type', stored(body, '')],
    ['a version to come', stored(body, 'MessageCreated', 2)],
    ['no JSON', stored('{')],
    ['null', stored('null')],
    ['a list', stored('[]')],
    ['a missing field', stored({ ...body, content: undefined })],
    ['a field of the wrong type', stored({ ...body, content: 5 })],
    ['a field too many', stored({ ...body, extra: true })],
    ['a field too many, deeper', stored({ ...body, sender: { ...body.sender, extra: true } })],
    ['a time that is none', stored({ ...body, at: 'yesterday' })],
  ])('with %s is unreadable, and says why', (_, event) => {
    expect(() => decodeEvent(event, 1)).toThrow(UnreadableEvent);
    expect(() => decodeEvent(event, 1)).toThrow(/\w+/);
  });
});

describe('text', () => {
  it.each(['👍', '🫡', '👍🏽', '🇫🇮', '👨‍👩‍👧', '❤️', '❤', '1️⃣', '🏳\u200d🌈', '🧔\u200d♂', '#⃣'])(
    '%s is one emoji',
    (emoji) => {
      expect(isEmoji(emoji)).toBe(true);
    },
  );

  it.each(['', 'a', '1', '👍👍', '👍a', ' 👍', '\u200d', '🏽🏽', '\u{1fffd}', '👍'.repeat(40)])(
    '%j is not one emoji',
    (text) => {
      expect(isEmoji(text)).toBe(false);
    },
  );

  it('is counted in characters, not in units of UTF-16', () => {
    expect(isText('😀'.repeat(10), 10)).toBe(true);
    expect(isText('😀'.repeat(11), 10)).toBe(false);
    expect(isText('a'.repeat(11), 10)).toBe(false);
  });

  it('is well-formed', () => {
    expect(isText('a\ud800', 10)).toBe(false);
    expect(isText(5, 10)).toBe(false);
  });

  it('is filled by more than white space', () => {
    expect(isFilledText(' a ', 10)).toBe(true);
    expect(isFilledText(' \n\u3000', 10)).toBe(false);
    expect(isFilledText('', 10)).toBe(false);
  });
});
