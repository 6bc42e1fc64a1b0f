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
  userRoom,
} from '../src/index.js';

const anyId = fc.string({ minLength: 1, maxLength: 64, unit: 'binary' });

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

  it('cannot be made of nothing, nor of half a character', () => {
    expect(() => encodeId('')).toThrow(RangeError);
    expect(() => encodeId('a\ud800')).toThrow(RangeError);
  });
});

describe('a room', () => {
  it('says its kind and its ids', () => {
    expect(roomKind(GLOBAL_ROOM)).toBe('global');
    expect(roomKind(clanRoom('a:b'))).toBe('clan');
    expect(roomIds(clanRoom('a:b'))).toEqual(['a:b']);
    expect(roomIds(userRoom('x.*'))).toEqual(['x.*']);
    expect(parseRoom(clanRoom('a:b'))).toBe(clanRoom('a:b'));
    expect(parseRoom('clan:')).toBeNull();
    expect(parseRoom('direct:1')).toBeNull();
    expect(parseRoom('elsewhere')).toBeNull();
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
  });

  it('is fresh each time where the client gave no id', () => {
    const next = keySequence(new Uint8Array(8).fill(0xab), 0xffffffff);
    expect([next(), next()]).toEqual(['ab'.repeat(8) + 'ffffffff', 'ab'.repeat(8) + '00000000']);
    expect(() => keySequence(new Uint8Array(4))).toThrow(RangeError);
  });
});
