import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  clanRoom,
  commandKey,
  decodeId,
  directRoom,
  encodeId,
  GLOBAL_ROOM,
  keySequence,
  parseRoom,
  partitionOf,
  PARTITIONS,
  roomIds,
  roomKind,
  roomMeant,
  roomWritten,
  userRoom,
} from '../src/index.js';

// As `fc.string({ unit: 'binary' })`, which makes a list of all characters first.
const anyCharacter = fc.oneof(
  fc.integer({ min: 0x20, max: 0x7e }),
  fc.nat(0xd7ff),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
);
const anyId = fc
  .array(anyCharacter, { minLength: 1, maxLength: 64 })
  .map((characters) => String.fromCodePoint(...characters));

describe('an encoded id', () => {
  it('is one token of a subject, and decodes to the id', () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(encodeId(id)).toMatch(/^[A-Za-z0-9_=-]+$/);
        expect(decodeId(encodeId(id))).toBe(id);
      }),
    );
  });

  it('is another one for another id', () => {
    fc.assert(fc.property(anyId, anyId, (a, b) => (encodeId(a) === encodeId(b)) === (a === b)));
  });

  it('is what the format says', () => {
    expect(encodeId('aZ09_-')).toBe('aZ09_-');
    expect(encodeId('a.b')).toBe('a=2eb');
    expect(encodeId('=')).toBe('=3d');
    expect(encodeId('\t')).toBe('=09');
    expect(encodeId('ä')).toBe('=c3=a4');
    expect(decodeId('=c3=a4x=3d')).toBe('äx=');
  });

  it('cannot be made of nothing, nor of half a character', () => {
    for (const id of ['', 'a\ud800']) {
      expect(() => encodeId(id)).toThrow(RangeError);
      expect(() => encodeId(id)).toThrow('well-formed Unicode and not empty');
    }
  });
});

describe('a room', () => {
  it('says its kind and its ids', () => {
    expect(roomKind(GLOBAL_ROOM)).toBe('global');
    expect(roomKind(clanRoom('a:b'))).toBe('clan');
    expect(roomIds(clanRoom('a:b'))).toEqual(['a:b']);
    expect(roomIds(userRoom('x.*'))).toEqual(['x.*']);
  });

  it('is read from its name, and no other name is one', () => {
    for (const room of [GLOBAL_ROOM, clanRoom('a:b'), userRoom('x.*'), directRoom('a:b', 'x.*')]) {
      expect(parseRoom(room)).toBe(room);
    }
    const none = [
      '',
      'globally',
      'a global',
      'clan:',
      'clan:a b',
      'clan:a:b',
      'a clan:a',
      'user:',
      'direct:1',
      'elsewhere',
    ];
    for (const name of [
      ...none,
      'direct:1:',
      'direct::2',
      'direct:1:2:3',
      'direct:1:2 ',
      ' direct:1:2',
      'direct:1 :2',
    ]) {
      expect(parseRoom(name)).toBeNull();
    }
  });

  it('is meant by its name, and that of two people in either order', () => {
    for (const room of [GLOBAL_ROOM, clanRoom('a.b'), userRoom('7'), directRoom('ä', '7')]) {
      expect(roomMeant(room)).toBe(room);
    }
    expect([roomMeant('direct:7:10'), roomMeant('direct:10:7')]).toEqual(Array(2).fill(directRoom('7', '10')));
    expect([roomMeant('clan:a.b'), roomMeant('direct:7'), roomMeant('')]).toEqual([null, null, null]);
  });

  it('is written with its ids as they are, or as the log has them', () => {
    expect(roomWritten('global')).toBe(GLOBAL_ROOM);
    expect(roomWritten('clan:the bold')).toBe(clanRoom('the bold'));
    expect(roomWritten('clan:the=20bold')).toBe(clanRoom('the bold'));
    // No encoding of anything, so it is the id itself.
    expect(roomWritten('clan:a=b')).toBe(clanRoom('a=b'));
    expect(roomWritten('clan:a:b')).toBe(clanRoom('a:b'));
    expect(roomWritten('user:x.*')).toBe(userRoom('x.*'));
    for (const text of ['direct:10:ä b', 'direct:ä b:10', 'direct:=c3=a4=20b:10']) {
      expect(roomWritten(text)).toBe(directRoom('ä b', '10'));
    }
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        expect(roomWritten(clanRoom(a))).toBe(clanRoom(a));
        expect(roomWritten(directRoom(a, b))).toBe(directRoom(a, b));
      }),
    );
    const none = ['', 'elsewhere', 'global:1', 'clan', 'clan:', 'direct:1', 'direct:1:', 'direct:1:2:3', 'clan:\ud800'];
    expect(none.map(roomWritten)).toEqual(none.map(() => null));
  });

  it('of two people is the same whoever is named first', () => {
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        expect(directRoom(a, b)).toBe(directRoom(b, a));
        expect(roomIds(directRoom(a, b)).sort()).toEqual([a, b].sort());
      }),
    );
  });

  it('is in the partition that the format says', () => {
    expect(partitionOf(GLOBAL_ROOM)).toBe(14);
    expect(partitionOf(clanRoom('3'))).toBe(2);
    expect(partitionOf(directRoom('1', '2'))).toBe(1);
    fc.assert(fc.property(anyId, (id) => partitionOf(clanRoom(id)) < PARTITIONS));
  });
});

describe('the key of a command', () => {
  it('is derived as the format says, and no other user, room or id has it', () => {
    expect(commandKey('7', GLOBAL_ROOM, 'a')).toBe('e32a4e675fd813ef5c9694ef');
    const keys = [
      commandKey('7', GLOBAL_ROOM, 'a'),
      commandKey('8', GLOBAL_ROOM, 'a'),
      commandKey('7', clanRoom('a'), 'a'),
      commandKey('7', GLOBAL_ROOM, 'b'),
    ];
    expect(new Set(keys).size).toBe(4);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{24}$/);
  });

  it('is fresh each time where the client gave no id', () => {
    const next = keySequence(new Uint8Array(8).fill(0xab), 0xffffffff);
    expect([next(), next()]).toEqual(['ab'.repeat(8) + 'ffffffff', 'ab'.repeat(8) + '00000000']);
    expect(keySequence(new Uint8Array(9).fill(1))()).toBe('01'.repeat(8) + '00000000');
    expect(() => keySequence(new Uint8Array(7))).toThrow('8 random bytes');
  });
});
