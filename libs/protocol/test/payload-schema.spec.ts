import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { IsInt } from 'class-validator';
import fc from 'fast-check';
import {
  type ClientFrame,
  directEndpoint,
  FilledText,
  frameIdSchema,
  isEmojiOrEmpty,
  isTime,
  payloadSchema,
  readFrame,
  readPayload,
  roomEndpoint,
} from '../src/index.js';

const takes: readonly ClientFrame[] = [...roomEndpoint.takes, ...directEndpoint.takes];

const ajv = new Ajv({ allowUnionTypes: true, formats: { 'emoji-or-empty': isEmojiOrEmpty, 'date-time': isTime } });

/** What is just allowed, and what just is not; the schemas of all fields together have no other bounds. */
const texts = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', ' ', '\u00a0', '\ufeff', '\n', '👋', '\ud83d', '\udc4b', '❤', '\ufe0f', '7'),
    maxLength: 5,
  }),
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.constantFrom(1, 32, 64, 4_000), fc.constantFrom(-1, 0, 1), fc.constantFrom('x', '👋', ' ', '\ud83d'))
    .map(([length, more, character]) => character.repeat(length + more)),
  fc.constantFrom('🫡', '👩🏽‍🚀', '🇫🇮', '👍👍', '1️⃣', '#'),
  fc.constantFrom('2026-01-31T12:00:00Z', '2026-01-31T12:00:00.5+02:00', '2026-01-31', '2026-13-01T00:00:00Z'),
);
const numbers = fc.oneof(
  fc.constantFrom(-1, -0, 0, 1, 1.5, 2 ** 53 - 1, 2 ** 53, 1e300),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const count = fc.oneof(fc.nat(), numbers);
const position = fc.oneof(
  fc.constantFrom({ n: 1 }, { rev: 1 }),
  fc.record({ n: count, rev: count, clan_id: texts }, { requiredKeys: [] }),
);
const place = fc.record({ n: fc.nat(), rev: fc.nat() });
const rooms = fc.oneof(
  fc.dictionary(texts, place, { maxKeys: 3 }),
  fc.dictionary(fc.constant('clan'), fc.oneof(position, fc.jsonValue())),
  fc.constantFrom(99, 100, 101).chain((size) => fc.dictionary(fc.uuid(), place, { minKeys: size, maxKeys: size })),
);
const values = fc.oneof(
  { weight: 6, arbitrary: texts },
  { weight: 6, arbitrary: numbers },
  { weight: 6, arbitrary: rooms },
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.jsonValue() },
);

describe('the schema of the data of a frame accepts what its rules accept, and nothing else', () => {
  const byClass = Map.groupBy(takes, ({ data }) => data);
  byClass.delete(null);
  it.each([...byClass].map(([type, frames]) => [type!.name, type!, frames] as const))('%s', (_, type, frames) => {
    const schema = payloadSchema(type);
    const accepts = ajv.compile(schema);
    const fields = fc.record(Object.fromEntries(Object.keys(schema.properties).map((name) => [name, values])));
    const nearly = fc
      .tuple(fc.constantFrom(...frames.flatMap(({ examples }) => examples)), fields, fc.func(fc.boolean()))
      .map(([example, other, takes]) => {
        const given = example.data as Record<string, unknown>;
        return Object.fromEntries(Object.keys(other).map((name) => [name, (takes(name) ? other : given)[name]]));
      });
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(fc.oneof(nearly, nearly, fc.jsonValue()), (given) => {
        const sent = JSON.parse(JSON.stringify(given)) as unknown;
        const isRead = 'payload' in readPayload(type, sent);
        seen.add(isRead);
        return accepts(sent) === isRead;
      }),
      { numRuns: 500 },
    );
    expect(seen).toEqual(new Set([true, false]));
  });

  it('the id of a frame', () => {
    const accepts = ajv.compile(frameIdSchema);
    fc.assert(
      fc.property(values, (id) => {
        const text = JSON.stringify({ event: 'x', id });
        const sent = (JSON.parse(text) as { id?: unknown }).id;
        return (sent === undefined || accepts(sent)) === 'frame' in readFrame(Buffer.from(text), 16);
      }),
      { numRuns: 500 },
    );
  });
});

it('a field whose rule has no schema, or that has two, is said', () => {
  class Foreign {
    @IsInt() count!: number;
  }
  class Twice {
    @FilledText(1) @FilledText(2) text!: string;
  }
  expect(() => payloadSchema(Foreign)).toThrow('Foreign.count: the rule isInt has no schema');
  expect(() => payloadSchema(Twice)).toThrow('Twice.text');
});
