import { describe, expect, it } from '@jest/globals';
import { type DomainEvent, encodeId, GLOBAL_ROOM, type RecordedEvent, userRoom } from '#domain';
import { decodeUpdate, directory, type PersonDocument, type View } from '../src/index.js';

const at = '2026-01-02T03:04:05.678Z';
const key = 'ab'.repeat(12);
const fact = { room: userRoom('a:b'), at, userId: 'a:b' };
const recorded = (event: DomainEvent, seq: number): RecordedEvent => ({ ...event, seq });
const joined = (seq: number) =>
  recorded({ ...fact, type: 'MemberJoined', id: `member.${key}`, clanId: '3', leftClanId: null }, seq);
const left = (seq: number) => recorded({ ...fact, type: 'MemberLeft', id: `member.${key}`, clanId: '3' }, seq);
const renamed = (seq: number) =>
  recorded({ ...fact, type: 'ProfileChanged', id: `profile.${key}`, name: 'Ada', avatar: '{}' }, seq);

/** What is told of somebody after each of these events. */
function told(...events: RecordedEvent[]) {
  let stored: PersonDocument | null = null;
  const view: View = {
    get: (collection, id) => (collection === 'people' && id === encodeId('a:b') ? stored : null),
    find: () => null,
  };
  return events.map((event) => {
    const { documents, change } = directory.fold(view, event);
    stored = (documents[0]?.document as PersonDocument | undefined) ?? stored;
    const [text, ...more] = directory.announce([change!], 1);
    expect(more).toEqual([]);
    expect(text).toMatchObject({ userId: 'a:b' });
    return { written: documents.length, update: decodeUpdate(text!.text) };
  });
}

describe('the directory', () => {
  it('tells of a person what it knows of them, each with its sequence', () => {
    const person = { type: 'person', userId: 'a:b' };
    const inClan = { seq: 3, clanId: '3' };
    const ada = { seq: 5, name: 'Ada', avatar: '{}' };
    expect(told(joined(3), renamed(5), left(7))).toEqual([
      { written: 1, update: { ...person, member: inClan, profile: null } },
      { written: 1, update: { ...person, member: inClan, profile: ada } },
      { written: 1, update: { ...person, member: { seq: 7, clanId: null }, profile: ada } },
    ]);
    expect(told(renamed(5))).toEqual([{ written: 1, update: { ...person, member: null, profile: ada } }]);
  });

  it('writes an event once, and tells what is so already again: it may have told nobody before a crash', () => {
    const [first, again] = told(joined(3), joined(3));
    expect(again).toEqual({ ...first, written: 0 });
    const [, newer, older] = told(joined(3), left(7), joined(3));
    expect(older).toEqual({ ...newer, written: 0 });
  });

  it('tells nobody of nothing', () => {
    expect(directory.announce([], 1)).toEqual([]);
  });

  it('tells of what is held against people, and keeps none of it', () => {
    const held = [{ kind: 'ban', room: GLOBAL_ROOM, since: at, until: null, by: '9' }] as const;
    const about = { ...fact, inRoom: GLOBAL_ROOM, by: '9' };
    const banned = recorded({ ...about, type: 'PersonBanned', id: `ban.${key}`, sanctions: [...held] }, 3);
    const free = recorded({ ...about, type: 'PersonUnbanned', id: `unban.${key}`, sanctions: [] }, 5);
    const person = { type: 'person', userId: 'a:b', member: null, profile: null };
    expect(told(banned, free)).toEqual([
      { written: 0, update: { ...person, sanctions: { seq: 3, held } } },
      { written: 0, update: { ...person, sanctions: { seq: 5, held: [] } } },
    ]);
    expect(directory.needs(banned)).toEqual([]);
  });

  it('folds what concerns people only, and reads the one person for it', () => {
    expect(directory.kinds).toEqual(['member', 'profile', 'sanction', 'erase']);
    expect(directory.needs(joined(1))).toEqual([{ collection: 'people', id: encodeId('a:b') }]);
  });

  it.each<DomainEvent>([
    { type: 'ChatCreated', room: fact.room, at, id: `chat.${key}`, by: '1', users: ['1', '2'] },
    {
      ...{ type: 'MessageCreated', room: fact.room, at, id: `msg.${key}`, messageId: key, content: 'hi' },
      sender: { id: '1', name: 'Ada', avatar: null },
    },
    { ...fact, type: 'ReactionAdded', id: `react.${key}`, messageId: key, userName: 'Ada', emoji: '👍' },
    { ...fact, type: 'ReactionRemoved', id: `react.${key}`, messageId: key },
    { ...fact, type: 'MessagesSeen', id: `seen.${key}`, n: 1 },
    { type: 'SlowModeChanged', room: GLOBAL_ROOM, id: `mode.${key}`, at, seconds: 30, by: '9' },
  ])('makes nothing of $type', (event) => {
    const view: View = { get: () => null, find: () => null };
    expect(directory.fold(view, recorded(event, 1))).toEqual({ documents: [], change: null });
    if (!('userId' in event)) expect(directory.needs(recorded(event, 1))).toEqual([]);
  });
});
