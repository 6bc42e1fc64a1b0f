import { describe, expect, it } from '@jest/globals';
import { Type } from '@sinclair/typebox';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeEvent,
  defineEvent,
  type DomainEvent,
  encodeEvent,
  eventDefinitions,
  eventFields,
  eventReader,
  GLOBAL_ROOM,
  Id,
  kindOf,
  pastVersion,
  pastVersions,
  type Room,
  UnreadableEvent,
} from '../src/index.js';

// Every version of every event that was ever written, as it was stored: fixtures/<Type>.v<N>.json. What is in a log
// cannot be changed, so neither `room` nor `body` ever is; `event`, which they are read as, follows the current version.

interface Fixture {
  readonly room: Room;
  readonly body: string;
  readonly event: DomainEvent;
}

const folder = join(import.meta.dirname, 'fixtures');
const versions = [...eventDefinitions, ...pastVersions.map(({ definition }) => definition)];
const fileOf = ({ type, version }: { type: string; version: number }) => `${type}.v${version}.json`;
const fixturesIn = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Fixture[];

describe('the events ever written', () => {
  it('have a fixture for each version, and no version is forgotten', () => {
    expect(readdirSync(folder).sort()).toEqual(versions.map(fileOf).sort());
    for (const { type, version } of eventDefinitions) {
      const numbers = versions.filter((other) => other.type === type).map((other) => other.version);
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: version }, (_, i) => i + 1));
    }
  });

  it.each(versions)('are read: $type version $version', ({ type, version }) => {
    const fixtures = fixturesIn(fileOf({ type, version }));
    expect(fixtures.length).toBeGreaterThan(0);
    for (const { room, body, event } of fixtures) {
      expect(decodeEvent({ type, version, room, body }, 9)).toStrictEqual({ ...event, seq: 9 });
    }
  });

  it.each(eventDefinitions)('are still written the same: $type version $version', ({ type, version }) => {
    for (const { room, body, event } of fixturesIn(fileOf({ type, version }))) {
      expect(encodeEvent(event)).toEqual({ type, version, room, body });
    }
  });

  it.each(eventDefinitions)('are unreadable in a version to come: $type', ({ type, version }) => {
    const { room, body } = fixturesIn(fileOf({ type, version }))[0]!;
    const unknown = { type, version: version + 1, room, body };
    expect(() => decodeEvent(unknown, 1)).toThrow(UnreadableEvent);
    expect(() => decodeEvent(unknown, 1)).toThrow(`unknown event ${type} version ${version + 1}`);
  });
});

/** May be missing: what people leave out. */
const optional = ['feeling', 'clientId', 'replyTo', 'reason'];
const mayBeEmpty = ['feeling', 'clientId', 'avatar', 'content'];

describe('what does not fit an event is unreadable', () => {
  it.each(eventDefinitions)('$type', ({ type, version }) => {
    const { room, body } = fixturesIn(fileOf({ type, version })).at(-1)!;
    const fields = JSON.parse(body) as Record<string, unknown>;
    const isReadable = (changed: object) => {
      try {
        decodeEvent({ type, version, room, body: JSON.stringify(changed) }, 1);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableEvent);
        return false;
      }
    };
    expect(isReadable(fields)).toBe(true);
    expect(isReadable({ ...fields, more: 1 })).toBe(false);
    for (const [field, value] of Object.entries(fields)) {
      const what = `${type} ${field}`;
      expect([what, isReadable({ ...fields, [field]: undefined })]).toEqual([what, optional.includes(field)]);
      expect([what, isReadable({ ...fields, [field]: typeof value === 'number' ? '0' : 0 })]).toEqual([what, false]);
      const isText = typeof value === 'string';
      if (isText) expect([what, isReadable({ ...fields, [field]: '' })]).toEqual([what, mayBeEmpty.includes(field)]);
    }
  });
});

it('each type of event is of one kind, by which the log finds it', () => {
  expect(Object.fromEntries(eventDefinitions.map(({ type }) => [type, kindOf(type)]))).toEqual({
    ChatCreated: 'chat',
    MessageCreated: 'msg',
    ReactionAdded: 'react',
    ReactionRemoved: 'react',
    MessageEdited: 'edit',
    MessageDeleted: 'edit',
    MessagesSeen: 'seen',
    MemberJoined: 'member',
    MemberLeft: 'member',
    ProfileChanged: 'profile',
    PersonMuted: 'sanction',
    PersonUnmuted: 'sanction',
    PersonBanned: 'sanction',
    PersonUnbanned: 'sanction',
    SlowModeChanged: 'mode',
    PersonBlocked: 'block',
    PersonUnblocked: 'block',
    UserErased: 'erase',
  });
});

// Made up: an event that was changed twice.
const fields = { additionalProperties: false };
const SungV1 = defineEvent('Sung', 1, 'msg', Type.Object({ ...eventFields, song: Type.String() }, fields));
const SungV2 = defineEvent('Sung', 2, 'msg', Type.Object({ ...eventFields, title: Id, by: Id }, fields));
const SungV3 = defineEvent('Sung', 3, 'msg', Type.Object({ ...eventFields, title: Id, by: Id, loud: Id }, fields));
const pasts = [
  pastVersion(SungV1, SungV2, ({ song, ...rest }) => {
    const [title, by] = song.split(' by ');
    if (by === undefined) throw new Error('a song by nobody');
    return { ...rest, title: title!, by };
  }),
  pastVersion(SungV2, SungV3, (sung) => ({ ...sung, loud: 'unknown' })),
];

describe('an event of a past version', () => {
  const read = eventReader([SungV3], pasts);
  const about = { id: `msg.${'ab'.repeat(12)}`, at: '2026-01-02T03:04:05.678Z' };
  const stored = (version: number, body: object) => ({
    type: 'Sung',
    version,
    room: GLOBAL_ROOM,
    body: JSON.stringify({ ...about, ...body }),
  });
  const sung = { ...about, type: 'Sung', room: 'global', seq: 9, title: 'Finlandia', by: 'Jean' };

  it('is read as what it is today, step by step', () => {
    expect(read(stored(1, { song: 'Finlandia by Jean' }), 9)).toEqual({ ...sung, loud: 'unknown' });
    expect(read(stored(2, { title: 'Finlandia', by: 'Jean' }), 9)).toEqual({ ...sung, loud: 'unknown' });
    expect(read(stored(3, { title: 'Finlandia', by: 'Jean', loud: 'very' }), 9)).toEqual({ ...sung, loud: 'very' });
  });

  it.each([
    ['does not fit its own version', stored(1, { title: 'Finlandia' }), 'Sung version 1'],
    ['does not fit the next one', stored(1, { song: ' by Jean' }), 'Sung version 2 /title'],
    ['cannot be brought up to it', stored(1, { song: 'Finlandia' }), 'Sung version 1 as version 2: a song by nobody'],
    ['is of a version to come', stored(4, {}), 'unknown event Sung version 4'],
  ])('is unreadable where it %s', (_, event, reason) => {
    expect(() => read(event, 1)).toThrow(UnreadableEvent);
    expect(() => read(event, 1)).toThrow(reason);
  });
});
