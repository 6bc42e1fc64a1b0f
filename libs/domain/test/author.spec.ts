import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorOf, concerns, type DomainEvent, eventDefinitions, GLOBAL_ROOM, userRoom } from '../src/index.js';

const fixtureOf = (type: string, version: number): DomainEvent => {
  const file = join(import.meta.dirname, 'fixtures', `${type}.v${version}.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { event: DomainEvent }[])[0]!.event;
};

it('an event of each type is somebody’s, but for that somebody was erased', () => {
  const authors = eventDefinitions.map(({ type, version }) => [type, authorOf(fixtureOf(type, version))]);
  expect(Object.fromEntries(authors)).toEqual({
    ChatCreated: '9',
    MessageCreated: '7',
    ReactionAdded: '9',
    ReactionRemoved: '9',
    MessageEdited: '7',
    MessageDeleted: '7',
    MessagesSeen: '9',
    MemberJoined: '7',
    MemberLeft: '7',
    ProfileChanged: '7',
    PersonMuted: '9',
    PersonUnmuted: '9',
    PersonBanned: 'game',
    PersonUnbanned: 'game',
    SlowModeChanged: '9',
    PersonBlocked: '7',
    PersonUnblocked: '7',
    UserErased: null,
  });
});

describe('what concerns somebody', () => {
  const at = '2026-01-02T03:04:05.678Z';
  const about = { id: `sanction.${'ab'.repeat(12)}`, at, room: userRoom('7'), inRoom: GLOBAL_ROOM, sanctions: [] };

  it('is what they did, and what was decided about them', () => {
    const unmuted = { ...about, type: 'PersonUnmuted', userId: '7', by: '9' } as const;
    expect(['7', '9', '8'].map((userId) => concerns(unmuted, userId))).toEqual([true, true, false]);
    const erased = { id: `erase.${'ab'.repeat(12)}`, at, type: 'UserErased', userId: '7', keyId: null } as const;
    expect(['7', '9'].map((userId) => concerns({ ...erased, room: userRoom('7') }, userId))).toEqual([true, false]);
  });
});
