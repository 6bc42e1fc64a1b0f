import { describe, expect, it } from '@jest/globals';
import {
  decodeEvent,
  type DomainEvent,
  encodeApart,
  encodeEvent,
  eventLine,
  eventPersonalTexts,
  GLOBAL_ROOM,
  type MessageCreated,
  personOfStored,
  personsTexts,
  type ProfileChanged,
  type RecordedEvent,
  UnreadableEvent,
  userRoom,
} from '../src/index.js';

const key = 'ab'.repeat(12);
const at = '2026-01-02T03:04:05.678Z';
const said: MessageCreated = {
  ...{ type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key}`, at, messageId: key },
  ...{ sender: { id: '7', name: 'Ada', avatar: null }, content: 'hi', feeling: 'glad' },
};
const called: ProfileChanged = {
  ...{ type: 'ProfileChanged', room: userRoom('7'), id: `profile.${key}`, at, userId: '7', name: 'Ada', avatar: '{}' },
};
const seen: DomainEvent = { type: 'MessagesSeen', room: GLOBAL_ROOM, id: `seen.${key}`, at, userId: '7', n: 1 };
const read = (event: DomainEvent, more: object = {}) => decodeEvent({ ...encodeEvent(event), ...more }, 5);

describe('texts that are stored apart', () => {
  it('are none of what is stored beside them, and come back to where they were', () => {
    const apart = encodeApart(said)!;
    expect(apart.userId).toBe('7');
    expect(JSON.parse(apart.texts)).toEqual({
      ...{ content: 'hi', feeling: 'glad', 'sender.name': 'Ada', 'sender.avatar': null },
    });
    expect(JSON.parse(apart.stored.body)).toEqual({ id: said.id, at, messageId: key, sender: { id: '7' } });
    expect(decodeEvent({ ...apart.stored, texts: apart.texts }, 5)).toEqual({ ...said, seq: 5 });
    // Of the event itself nothing was taken.
    expect(said).toMatchObject({ content: 'hi', sender: { name: 'Ada' } });
  });

  it('are only those that there are', () => {
    const { feeling: _, ...less } = said;
    expect(JSON.parse(encodeApart(less)!.texts)).not.toHaveProperty('feeling');
    expect(JSON.parse(encodeApart(called)!.texts)).toEqual({ name: 'Ada', avatar: '{}' });
  });

  it('are not there of what has none, and of nobody', () => {
    expect(encodeApart(seen)).toBeNull();
    expect(encodeApart({ ...called, userId: undefined } as unknown as DomainEvent)).toBeNull();
    const { name: _n, avatar: _a, ...bare } = called;
    expect(encodeApart(bare as DomainEvent)).toBeNull();
  });

  it('are those of an erased person where there is no key any more', () => {
    const { stored } = encodeApart(said)!;
    const erased = { content: '', sender: { id: '7', name: 'erased user', avatar: null } };
    expect(decodeEvent({ ...stored, texts: null }, 5)).toMatchObject(erased);
    expect(decodeEvent({ ...stored, texts: null }, 5)).not.toHaveProperty('feeling');
    expect(read(said, { erased: true })).toMatchObject({ ...erased, erased: true });
    expect(read(seen, { erased: true })).not.toHaveProperty('erased');
  });

  it('cannot be of what has none', () => {
    const faults = [
      [encodeEvent(seen), 'MessagesSeen version 1 has no texts that could be sealed'],
      [{ ...encodeEvent(said), body: 'null' }, 'has no texts that could be sealed'],
      [{ ...encodeEvent(said), body: '5' }, 'has no texts that could be sealed'],
    ] as const;
    for (const [stored, reason] of faults) {
      expect(() => decodeEvent({ ...stored, texts: '{}' }, 5)).toThrow(UnreadableEvent);
      expect(() => decodeEvent({ ...stored, texts: '{}' }, 5)).toThrow(reason);
    }
  });
});

describe('whose texts are in it', () => {
  it('is known of what is stored, without reading it all', () => {
    const bodies = ['{', 'null', '{}', '{"sender":{}}', '{"sender":{"id":7}}', '{"sender":{"id":"7"}}'];
    expect(bodies.map((body) => personOfStored({ ...encodeEvent(said), body }))).toEqual([
      ...[null, null, null, null, null, '7'],
    ]);
    expect([personOfStored(encodeEvent(called)), personOfStored(encodeEvent(seen))]).toEqual(['7', null]);
    expect(personOfStored({ ...encodeEvent(said), type: 'MessageSung' })).toBeNull();
  });

  it('is known of a line that shows some, and nobody of one that does not', () => {
    const line = (event: RecordedEvent, sealed = false) => personsTexts(eventLine(event, { storedAt: 0, sealed }));
    expect([line(read(said)), line(read(called)), line(read(seen))]).toEqual(['7', '7', null]);
    expect([line(read(said, { erased: true })), line(read(said), true)]).toEqual([null, null]);
    const shown = eventLine(read(called), { storedAt: 0, sealed: false });
    expect(personsTexts({ ...shown, name: null })).toBe('7');
    expect(personsTexts({ ...shown, name: null, avatar: null })).toBeNull();
    expect(personsTexts({ ...shown, type: 'NameSung' })).toBeNull();
  });

  it('is said of a type, with where they are', () => {
    expect(eventPersonalTexts('ProfileChanged')).toEqual([
      { outer: 'name', inner: null, path: 'name', erased: 'erased user' },
      { outer: 'avatar', inner: null, path: 'avatar', erased: null },
    ]);
    expect([eventPersonalTexts('MessagesSeen'), eventPersonalTexts('NameSung')]).toStrictEqual([[], []]);
  });
});
