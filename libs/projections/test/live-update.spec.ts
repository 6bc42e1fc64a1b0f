import { describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import {
  decodeUpdate,
  encodeUpdate,
  type LiveUpdate,
  type PersonUpdate,
  type RoomUpdate,
  UnreadableUpdate,
} from '../src/index.js';

const ofRoom: RoomUpdate = { type: 'room', version: 1, room: GLOBAL_ROOM, from: 0, to: 1, changes: [] };
const message = { n: 1, messageId: 'a', reactions: [] };
const change = { rev: 1, kind: 'message', message };
const ofPerson: PersonUpdate = {
  type: 'person',
  userId: '7',
  member: { seq: 1, clanId: null },
  profile: { seq: 2, name: 'Ada', avatar: '{}' },
};

describe('an update', () => {
  it.each([
    ofRoom,
    { ...ofRoom, changes: [change] },
    ofPerson,
    { ...ofPerson, member: null, profile: null },
    { ...ofPerson, sanctions: { seq: 3, held: [] } },
  ])('is read as it was told: %j', (update) => {
    expect(decodeUpdate(encodeUpdate(update as LiveUpdate))).toEqual(update);
  });

  it('of a type that nobody knows yet is for others', () => {
    expect(decodeUpdate('{"type":"typing"}')).toBeNull();
    expect(decodeUpdate('{}')).toBeNull();
  });

  it.each(['', 'room', '{', 'null', '7', '"room"'])('that is no object cannot be read: %s', (text) => {
    expect(() => decodeUpdate(text)).toThrow(UnreadableUpdate);
  });

  const spoilt = (update: object, fields: readonly string[]) =>
    fields.map((field): [string, object] => [field, { ...update, [field]: {} }]);
  const withChange = (other: unknown): [string, object] => ['change', { ...ofRoom, changes: [change, other] }];
  it.each<[string, object]>([
    ...spoilt(ofRoom, ['version', 'room', 'from', 'to', 'changes']),
    ...[null, 7, {}, { ...change, rev: '1' }, { ...change, message: null }].map(withChange),
    ...spoilt(message, ['n', 'messageId', 'reactions']).map(([, other]) => withChange({ ...change, message: other })),
    ...spoilt(ofPerson, ['userId', 'member', 'profile']),
    ['sanctions', { ...ofPerson, sanctions: {} }],
    ['sanctions', { ...ofPerson, sanctions: { seq: 1, held: null } }],
    ['member', { ...ofPerson, member: undefined }],
    ['clanId', { ...ofPerson, member: { seq: 1, clanId: 7 } }],
    ['seq', { ...ofPerson, member: { seq: '1', clanId: null } }],
    ['profile', { ...ofPerson, profile: undefined }],
    ['name', { ...ofPerson, profile: { seq: 1, name: null, avatar: null } }],
    ['seq', { ...ofPerson, profile: { seq: '1', name: 'Ada', avatar: null } }],
    ['avatar', { ...ofPerson, profile: { seq: 1, name: 'Ada', avatar: {} } }],
    ['type', { ...ofRoom, type: 'person' }],
    ['type', { ...ofPerson, type: 'room' }],
  ])('with another %s than it may have cannot be read', (_, update) => {
    expect(() => decodeUpdate(JSON.stringify(update))).toThrow(UnreadableUpdate);
  });
});
