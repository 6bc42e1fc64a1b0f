import { describe, expect, it } from '@jest/globals';
import {
  blockersOf,
  decodeEvent,
  type DomainEvent,
  eventTime,
  GLOBAL_ROOM,
  isEmoji,
  isFilledText,
  isNewer,
  isText,
  membershipOf,
  NewerEvent,
  profileOf,
  sanctionsOf,
  slowModeOf,
  UnreadableEvent,
  userRoom,
} from '../src/index.js';

const body = {
  id: `msg.${'ab'.repeat(12)}`,
  at: '2026-01-02T03:04:05.678Z',
  messageId: 'ab'.repeat(12),
  sender: { id: '7', name: 'Ada', avatar: null },
  content: 'hi',
};
const stored = (fields: unknown, type = 'MessageCreated', version = 2) => ({
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
    ['a version to come', stored(body, 'MessageCreated', 3)],
    ['no JSON', stored('{')],
    ['null', stored('null')],
    ['a list', stored('[]')],
    ['a missing field', stored({ ...body, content: undefined })],
    ['a field of the wrong type', stored({ ...body, content: 5 })],
    ['a field too many', stored({ ...body, extra: true })],
    ['a field too many, deeper', stored({ ...body, sender: { ...body.sender, extra: true } })],
    ['a time that is none', stored({ ...body, at: 'yesterday' })],
    ['a time and more', stored({ ...body, at: `${body.at}, about` })],
    ['about a time', stored({ ...body, at: `about ${body.at}` })],
    ['an id that is none', stored({ ...body, id: 'msg' })],
    ['an id and more', stored({ ...body, id: `${body.id}0` })],
    ['an id behind something', stored({ ...body, id: `1${body.id}` })],
    ["a message's id that is none", stored({ ...body, messageId: 'a' })],
    ["a message's id and more", stored({ ...body, messageId: `${body.messageId}0` })],
    ['an id of the message replied to that is none', stored({ ...body, replyTo: '' })],
    ["a message's id behind something", stored({ ...body, messageId: `0${body.messageId}` })],
    ['a nameless sender', stored({ ...body, sender: { ...body.sender, name: '' } })],
    ['a sender without id', stored({ ...body, sender: { ...body.sender, id: '' } })],
  ])('with %s is unreadable, and says why', (_, event) => {
    expect(() => decodeEvent(event, 1)).toThrow(UnreadableEvent);
    expect(() => decodeEvent(event, 1)).toThrow(/\w.* version \d/);
  });

  it('says which field it is that does not fit', () => {
    expect(() => decodeEvent(stored({ ...body, content: 5 }), 1)).toThrow(/^MessageCreated version 2 \/content: \w+/);
    expect(() => decodeEvent(stored('[]'), 1)).toThrow(/^MessageCreated version 2 \/: \w+/);
    expect(() => decodeEvent(stored('{'), 1)).toThrow(/^MessageCreated version 2 is not JSON$/);
    expect(() => decodeEvent(stored(body, ''), 1)).toThrow('unknown event (no type) version 2');
  });
});

describe('an event of a newer release', () => {
  it.each([
    ['an unknown type', 'MessageSung', 1, true],
    ['a version to come', 'MessageCreated', 3, true],
    ['the version of today', 'MessageCreated', 2, false],
    ['a version of before', 'MessageCreated', 1, false],
    ['no version', 'MessageSung', 0, false],
    ['half a version', 'MessageCreated', 3.5, false],
    ['no type', '', 1, false],
    ['what is no type', 'message-sung', 1, false],
  ])('is told apart by its headers: %s', (_, type, version, expected) => {
    expect(isNewer({ type, version })).toBe(expected);
    const decode = () => decodeEvent(stored('{', type, version), 1);
    if (expected) expect(decode).toThrow(NewerEvent);
    else expect(decode).not.toThrow(NewerEvent);
    expect(decode).toThrow(UnreadableEvent);
  });
});

describe('the last event of a kind', () => {
  const fact = { room: userRoom('7'), id: `member.${'ab'.repeat(12)}`, at: body.at, userId: '7' };
  const joined: DomainEvent = { ...fact, type: 'MemberJoined', clanId: '3', leftClanId: null };
  const left: DomainEvent = { ...fact, type: 'MemberLeft', clanId: '3' };
  const changed: DomainEvent = { ...fact, type: 'ProfileChanged', name: 'Ada', avatar: null };

  it('says which clan somebody is in', () => {
    expect(membershipOf(joined)).toEqual({ clanId: '3' });
    expect(membershipOf(left)).toEqual({ clanId: null });
    expect([membershipOf(null), membershipOf(changed)]).toEqual([null, null]);
  });

  it('says what they are called', () => {
    expect(profileOf(changed)).toEqual({ name: 'Ada', avatar: null });
    expect([profileOf(null), profileOf(joined)]).toEqual([null, null]);
  });
});

describe('what was decided last', () => {
  const until = '2026-02-02T03:04:05.678Z';
  const held = { kind: 'mute', room: GLOBAL_ROOM, since: body.at, until, by: '9' } as const;
  const muted = { type: 'PersonMuted', sanctions: [held] } as unknown as DomainEvent;
  const slow = { type: 'SlowModeChanged', seconds: 30 } as unknown as DomainEvent;
  const blocked = (type: string) => ({ type, blockers: ['7'] }) as unknown as DomainEvent;

  it('is what is held against somebody, how slow a room is, and who blocks whom', () => {
    for (const type of ['PersonMuted', 'PersonUnmuted', 'PersonBanned', 'PersonUnbanned']) {
      expect(sanctionsOf({ ...muted, type } as DomainEvent)).toEqual([held]);
    }
    expect(slowModeOf(slow)).toBe(30);
    for (const type of ['PersonBlocked', 'PersonUnblocked']) expect(blockersOf(blocked(type))).toEqual(['7']);
  });

  it('is nothing where nothing was, and by no other event', () => {
    const ofAll = (last: DomainEvent | null) => [sanctionsOf(last), slowModeOf(last), blockersOf(last)];
    for (const last of [null, { type: 'MessageSung', sanctions: [held], seconds: 5, blockers: ['7'] }]) {
      expect(ofAll(last as DomainEvent | null)).toStrictEqual([[], 0, []]);
    }
  });
});

describe('the time of an event', () => {
  it.each([
    ['2026-01-31T18:30:15Z', '2026-01-31T18:30:15.000Z'],
    ['2026-01-31T18:30:15.25Z', '2026-01-31T18:30:15.250Z'],
    ['2026-01-31T18:30:15.123456789+00:00', '2026-01-31T18:30:15.123Z'],
    ['2026-01-31T20:30:15+02:30', '2026-01-31T18:00:15.000Z'],
    ['2026-01-31T16:30:15-02:00', '2026-01-31T18:30:15.000Z'],
  ])('%s is one, in UTC with milliseconds', (text, time) => {
    expect(eventTime(text)).toBe(time);
  });

  it.each([
    ...['', 'now', '2026-01-31', '2026-01-31T18:30Z', '2026-01-31T18:30:15', '2026-01-31T18:30:15.Z'],
    ...['2026-13-31T18:30:15Z', ' 2026-01-31T18:30:15Z', '2026-01-31T18:30:15Z ', '2026-01-31T18:30:15+2:00'],
    ...['x026-01-31T18:30:15Z', '2026-xx-31T18:30:15Z', '2026-01-xxT18:30:15Z', '2026-01-31Txx:30:15Z'],
    // In UTC it is of a year with five digits.
    ...['9999-12-31T23:30:00-01:00', Date.UTC(2026, 0, 31), null],
  ])('%j is none', (value) => {
    expect(eventTime(value)).toBeNull();
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
    expect(isText(`${'😀'.repeat(9)}a`, 10)).toBe(true);
    expect(isText('a'.repeat(10), 10)).toBe(true);
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
