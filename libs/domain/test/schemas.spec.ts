import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeEvent,
  eventDefinitions,
  eventLine,
  eventOfLine,
  eventSchemas,
  pastVersions,
  type RecordedEvent,
  type Room,
  UnreadableEvent,
} from '../src/index.js';

const schemas = eventSchemas();
const ajv = new Ajv({ allErrors: true });
const isLine = ajv.compile(schemas);

interface Fixture {
  readonly room: Room;
  readonly body: string;
}

const folder = join(import.meta.dirname, 'fixtures');
const fixtures = readdirSync(folder).flatMap((file) => {
  const [type = '', version = ''] = file.split('.');
  const stored = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Fixture[];
  return stored.map(({ room, body }, i) => ({
    name: `${file} ${i}`,
    type,
    version: Number(version.slice(1)),
    room,
    body,
  }));
});
const stored = { storedAt: Date.UTC(2026, 0, 31), sealed: false };

describe('the schemas', () => {
  it('are of every version that there is', () => {
    const all = [...eventDefinitions, ...pastVersions.map(({ definition }) => definition)];
    expect(Object.keys(schemas.definitions).sort()).toEqual(
      all.map(({ type, version }) => `${type}.v${version}`).sort(),
    );
    expect(schemas.oneOf).toHaveLength(all.length);
  });

  it('stand in the order of their names and versions, and say whose texts may be null', () => {
    const names = Object.keys(schemas.definitions);
    expect(names).toEqual(names.toSorted());
    expect(schemas.oneOf).toEqual(names.map((name) => ({ $ref: `#/definitions/${name}` })));
    const { content, feeling, sender, messageId } = schemas.definitions['MessageCreated.v2']!.properties!;
    const canBeNull = (schema: object | undefined) => JSON.stringify(schema).includes('"null"');
    expect([content, feeling, messageId].map(canBeNull)).toEqual([true, false, false]);
    const { name, avatar, id } = sender!.properties!;
    expect([name, avatar, id].map(canBeNull)).toEqual([true, true, false]);
    expect(avatar!.anyOf).toHaveLength(2);
    const { name: called } = schemas.definitions['ProfileChanged.v2']!.properties!;
    expect(called).toMatchObject({ anyOf: [{ type: 'string' }, { type: 'null' }] });
    expect(Object.keys(schemas.definitions['MessagesSeen.v1']!.properties!)).not.toContain('sealed');
  });

  it.each(fixtures)('fit what is handed out of $name', ({ type, version, room, body }) => {
    const event = decodeEvent({ type, version, room, body }, 7);
    for (const line of [eventLine(event, stored), eventLine(event, { ...stored, sealed: true })]) {
      expect([isLine(line), isLine.errors]).toEqual([true, null]);
      expect([line.seq, line.type, line.storedAt]).toEqual([7, type, '2026-01-31T00:00:00.000Z']);
    }
    // What it was stored as has a schema too.
    const asStored = { ...eventLine(event, stored), ...(JSON.parse(body) as object), version };
    expect([isLine(asStored), isLine.errors]).toEqual([true, null]);
  });

  it.each(fixtures)('fit what is handed out of $name once its person is erased', ({ type, version, room, body }) => {
    const event = decodeEvent({ type, version, room, body, erased: true }, 7);
    const line = eventLine(event, stored);
    expect([isLine(line), isLine.errors]).toEqual([true, null]);
  });

  it('do not fit what is none', () => {
    const { type, version, room, body } = fixtures.find((fixture) => fixture.type === 'MessageCreated')!;
    const line = eventLine(decodeEvent({ type, version, room, body }, 7), stored);
    expect(isLine(line)).toBe(true);
    for (const field of ['seq', 'at', 'type', 'version', 'room', 'storedAt', 'id', 'sender', 'content']) {
      expect([field, isLine({ ...line, [field]: undefined })]).toEqual([field, false]);
    }
    expect(isLine({ ...line, version: 99 })).toBe(false);
    expect(isLine({ ...line, room: 'elsewhere' })).toBe(false);
    // What a later release adds.
    expect(isLine({ ...line, mood: 'fine' })).toBe(true);
  });
});

describe('the texts of an event', () => {
  const { room, body } = fixtures.find(({ type, version }) => type === 'MessageCreated' && version === 2)!;
  const read = (more: object) => decodeEvent({ type: 'MessageCreated', version: 2, room, body, ...more }, 7);
  const sender = (event: RecordedEvent) => (event as unknown as { sender: { id: string } }).sender;

  it('are null and said to be erased where somebody was', () => {
    const event = read({ erased: true });
    expect(eventLine(event, { ...stored, sealed: true })).toMatchObject({
      content: null,
      sender: { id: sender(event).id, name: null, avatar: null },
      erased: true,
    });
    expect(eventLine(event, { ...stored, sealed: true })).not.toHaveProperty('sealed');
  });

  it('are null and said to be sealed where there is no key', () => {
    const line = eventLine(read({ texts: null }), { ...stored, sealed: true });
    expect(line).toMatchObject({ content: null, sender: { name: null, avatar: null }, sealed: true });
    expect(line).not.toHaveProperty('feeling');
    expect(line).not.toHaveProperty('erased');
  });
});

describe('an event read from its line', () => {
  const back = (line: object) => eventOfLine(JSON.parse(JSON.stringify(line)));
  const unrecorded = ({ seq: _s, erased: _e, ...event }: RecordedEvent) => event;

  it.each(fixtures)('is the one that it was made of: $name', ({ type, version, room, body }) => {
    const event = decodeEvent({ type, version, room, body }, 7);
    const told = { seq: 7, storedAt: stored.storedAt };
    expect(back(eventLine(event, stored))).toEqual({ ...told, event: unrecorded(event), isWithoutTexts: false });
    // What an older release printed.
    const { storedAt } = eventLine(event, stored);
    const asStored = { seq: 7, type, version, room, storedAt, ...(JSON.parse(body) as object) };
    expect(back(asStored)).toEqual({ ...told, event: unrecorded(event), isWithoutTexts: false });
    const erased = decodeEvent({ type, version, room, body, erased: true }, 7);
    // Of what has no texts nothing is said to be missing.
    const isWithoutTexts = 'erased' in erased;
    expect(back(eventLine(erased, stored))).toEqual({ ...told, event: unrecorded(erased), isWithoutTexts });
    const isSealed = isWithoutTexts && { sealed: true };
    expect(back(eventLine(event, { ...stored, sealed: isWithoutTexts }))).toEqual({
      ...{ ...told, event: unrecorded(erased), isWithoutTexts },
    });
    expect(eventLine(event, { ...stored, sealed: isWithoutTexts })).toMatchObject({ ...isSealed });
  });

  it.each([
    [null, 'no seq'],
    ['text', 'no seq'],
    [{ seq: 0 }, 'no seq'],
    [{ seq: 1.5 }, 'no seq'],
    [{ seq: 1, room: 'elsewhere' }, 'no room'],
    [{ seq: 1, room: 'global', storedAt: 'yesterday' }, 'when it was stored'],
    [{ seq: 1, room: 'global', storedAt: '2026-01-31', type: 'MessageCreated', version: 9 }, 'version 9'],
    [
      { seq: 1, room: 'global', storedAt: '2026-01-31', type: 'MessageCreated', version: 2 },
      'MessageCreated version 2',
    ],
    [{ seq: 1, room: 'global', storedAt: '2026-01-31', type: 'MessagesSeen', version: 1, sealed: true }, 'no texts'],
  ])('is refused with the reason: %j', (line, reason) => {
    expect(() => eventOfLine(line)).toThrow(UnreadableEvent);
    expect(() => eventOfLine(line)).toThrow(reason);
  });
});
