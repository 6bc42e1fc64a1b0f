import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type TObject, Type } from '@sinclair/typebox';
import { defineEvent, eventDefinitions, eventFields, eventSchemas, type JsonSchema, pastVersions } from '#domain';
import { compareSchemas } from '../src/schema/compare.js';
import { schemasText } from '../src/schema/schema.js';

const about = (version: number) => `Sung version ${version}`;
const sung = (fields: TObject['properties'], version = 1) =>
  defineEvent('Sung', version, 'msg', Type.Object({ ...eventFields, ...fields }, { additionalProperties: false }));
const compare = (old: TObject['properties'], now: TObject['properties']) =>
  compareSchemas(eventSchemas([sung(old)]), eventSchemas([sung(now)]));

const Title = Type.String({ minLength: 1 });
const Mood = (...values: string[]) => Type.Union(values.map((value) => Type.Literal(value)));
const Singer = (more: TObject['properties'] = {}) => Type.Object({ id: Title, ...more });

describe('what breaks a reader', () => {
  it.each<[string, TObject['properties'], TObject['properties'], string]>([
    ['a field that is gone', { title: Title }, {}, 'title: the field is gone'],
    [
      'a new field that must be there',
      {},
      { title: Title },
      'title: is a new field that must be there, and what is stored lacks it',
    ],
    [
      'a field that must be there now',
      { title: Type.Optional(Title) },
      { title: Title },
      'title: must be there now, and what is stored may lack it',
    ],
    [
      'a field that may be missing now',
      { title: Title },
      { title: Type.Optional(Title) },
      'title: may be missing now, which readers do not expect',
    ],
    ['a narrower text', { title: Type.String() }, { title: Title }, 'title: minLength was nothing, and is 1'],
    ['a wider text', { title: Title }, { title: Type.String() }, 'title: minLength was 1, and is nothing'],
    [
      'another type',
      { title: Title },
      { title: Type.Integer() },
      'title: string is not allowed any more, and what is stored may be that',
    ],
    [
      'a null that may be',
      { title: Title },
      { title: Type.Union([Title, Type.Null()]) },
      'title: may be null now, which readers have no case for',
    ],
    [
      'a null that may not be any more',
      { title: Type.Union([Title, Type.Null()]) },
      { title: Title },
      'title: null is not allowed any more, and what is stored may be that',
    ],
    [
      'a value more',
      { mood: Mood('glad', 'sad') },
      { mood: Mood('glad', 'sad', 'so so') },
      'mood: may be "so so" now, which readers have no case for',
    ],
    [
      'a value less',
      { mood: Mood('glad', 'sad') },
      { mood: Mood('glad') },
      'mood: "sad" is not allowed any more, and what is stored may be that',
    ],
    ['a field of an object', { by: Singer({ name: Title }) }, { by: Singer() }, 'by, name: the field is gone'],
    [
      'a field of what a list holds',
      { by: Type.Array(Singer()) },
      { by: Type.Array(Singer({ name: Title })) },
      'by[], name: is a new field that must be there, and what is stored lacks it',
    ],
    [
      'a shorter list',
      { by: Type.Array(Title, { maxItems: 9 }) },
      { by: Type.Array(Title, { maxItems: 2 }) },
      'by: maxItems was 9, and is 2',
    ],
    [
      'another number of them',
      { by: Type.Tuple([Title, Title]) },
      { by: Type.Tuple([Title, Title, Title]) },
      'by: 2 items were in it, and 3 are',
    ],
  ])('%s', (_, old, now, fault) => {
    const { breaks } = compare(old, now);
    expect(breaks[0]).toBe(`${about(1)}, ${fault}`);
  });

  it('a version that is gone, and a type', () => {
    const [one, two] = [sung({ title: Title }), sung({ title: Title, key: Title }, 2)];
    expect(compareSchemas(eventSchemas([one, two]), eventSchemas([two])).breaks).toEqual([
      `${about(1)}: is gone, and what is stored of it cannot be read`,
    ]);
    expect(compareSchemas(eventSchemas([one, two]), eventSchemas([])).breaks).toHaveLength(2);
  });

  it('all of it at once', () => {
    const { breaks } = compare({ title: Title, by: Singer() }, { by: Singer({ name: Title }), key: Title });
    expect(breaks.map((line) => line.split(':')[0])).toEqual([
      `${about(1)}, title`,
      `${about(1)}, by, name`,
      `${about(1)}, key`,
    ]);
  });
});

describe('what breaks nobody', () => {
  it('a new version or type, and a new field that may be missing', () => {
    const [one, two] = [sung({ title: Title }), sung({ title: Title, key: Title }, 2)];
    expect(compareSchemas(eventSchemas([one]), eventSchemas([two, one]))).toEqual({
      breaks: [],
      additions: [`${about(2)}: is new`],
    });
    expect(compare({}, { title: Type.Optional(Title) })).toEqual({
      breaks: [],
      additions: [`${about(1)}, title: is a new field, which may be missing`],
    });
  });

  it('other words for people, and another order', () => {
    const old = { title: Type.String({ description: 'What it is called.' }), mood: Mood('glad', 'sad'), key: Title };
    const now = { key: Title, mood: Mood('sad', 'glad'), title: Type.String({ description: 'Its title.' }) };
    expect(compare(old, now)).toEqual({ breaks: [], additions: [] });
  });

  it('but a field that is called like what is for people is a field', () => {
    expect(compare({ title: Title, description: Title }, { title: Title }).breaks).toEqual([
      `${about(1)}, description: the field is gone`,
    ]);
  });

  it('an enum that is written as one', () => {
    const definitions = (mood: JsonSchema) => ({
      definitions: { 'Sung.v1': { type: 'object', properties: { mood }, required: ['mood'] } },
    });
    const now = { ...eventSchemas([]), ...definitions({ anyOf: [{ const: 'sad' }, { const: 'glad' }] }) };
    expect(compareSchemas(definitions({ enum: ['glad', 'sad'] }), now)).toEqual({ breaks: [], additions: [] });
    expect(compareSchemas(definitions({ enum: ['glad'] }), now).breaks).toHaveLength(1);
  });
});

describe('docs/events.schema.json', () => {
  const text = readFileSync('docs/events.schema.json', 'utf8');

  it('is what the definitions say: else run `npm run docs`', () => {
    expect(text).toBe(schemasText());
  });

  const all = [...eventDefinitions, ...pastVersions.map(({ definition }) => definition)];
  it.each(all)('would show that $type version $version is gone', ({ type, version }) => {
    const left = all.filter((one) => one.type !== type || one.version !== version);
    expect(compareSchemas(JSON.parse(text) as ReturnType<typeof eventSchemas>, eventSchemas(left)).breaks).toEqual([
      `${type} version ${version}: is gone, and what is stored of it cannot be read`,
    ]);
  });
});
