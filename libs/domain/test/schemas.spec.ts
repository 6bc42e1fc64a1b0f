import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeEvent,
  eventDefinitions,
  eventLine,
  eventSchemas,
  pastVersions,
  type RecordedEvent,
  type Room,
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
