import { describe, expect, it } from '@jest/globals';
import {
  IsInt,
  IsOptional,
  MaxLength,
  Min,
  Validate,
  ValidateBy,
  ValidateIf,
  validateSync,
  ValidatorConstraint,
} from 'class-validator';
import fc from 'fast-check';
import { type PayloadClass, readPayload } from '../src/index.js';
import { payloadCheck, rulesOf } from '../src/payload-check.js';
import * as payloads from '../src/payloads.js';

// Of an object whose `toString` is a number, there is no remainder but an error.
const validate = (value: unknown): boolean => typeof value === 'number' && value % 2 === 0;
const even = ValidateBy({ name: 'even', validator: { validate } });

class Bounded {
  @IsInt() @Min(3) count!: number;
  @IsOptional() @MaxLength(3) name?: string;
}
class Derived extends Bounded {
  @even override count = 0;
}
class Listed {
  @IsInt({ each: true }) numbers!: number[];
}
class Sometimes {
  @ValidateIf(({ count }: Sometimes) => count !== 0) @even count!: number;
}
@ValidatorConstraint({ async: true })
class AnsweredLater {
  validate = () => Promise.resolve(false);
}
class Later {
  @Validate(AnsweredLater) count!: number;
}
class OnCondition {
  @IsInt({ validateIf: (_, value) => value !== 'none' }) count!: unknown;
}

const own = Object.values(payloads) as PayloadClass<object>[];
const others: PayloadClass<object>[] = [Bounded, Derived, Listed, Sometimes, OnCondition];

/** What fields hold that is right for some of them, or nearly. */
const likely: readonly unknown[] = [
  ...[
    undefined,
    null,
    '',
    ' ',
    'hi',
    'none',
    '🫡',
    '👍👍',
    '\ud800',
    'x'.repeat(64),
    'x'.repeat(65),
    'é'.repeat(4_001),
  ],
  ...[0, 1, 2, 3, 4, -1, 0.5, NaN, Infinity, 2 ** 53, 21_600, 21_601],
  ...['global', 'clan', '2026-01-31T12:00:00Z', '2026-13-31T12:00:00Z', true],
  ...[[], ['presence'], ['presence', 'typing', 'seen', 'changes', 'seen'], ['other'], [1, 2], [1, 'x']],
  ...[
    {},
    { global: { n: 1, rev: 2 } },
    { clan: null },
    { global: { n: -1, rev: 2 } },
    { x: { n: 1, rev: 1, clan_id: '' } },
  ],
];

const withField = (type: PayloadClass<object>, name: string, value: unknown) =>
  Object.assign(new type(), { [name]: value });

/** Payloads of which about half are right. */
function dataOf(type: PayloadClass<object>) {
  const names = [...new Set(rulesOf(type).map(({ propertyName }) => propertyName))];
  const fields = names.map((name) => {
    const right = likely.filter(
      (value) => !validateSync(withField(type, name, value)).some(({ property }) => property === name),
    );
    const any = fc.oneof(fc.constantFrom(...likely), fc.anything());
    return [
      name,
      fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: any }),
    ] as const;
  });
  return fc.record(Object.fromEntries(fields));
}

/** The first thing that class-validator alone says of it; null for nothing. */
function saidOf(type: PayloadClass<object>, data: object): object | null {
  const [wrong] = validateSync(Object.assign(new type(), data));
  if (!wrong) return null;
  return { field: wrong.property, value: wrong.value as unknown, message: Object.values(wrong.constraints!)[0] };
}

describe('a payload is read as class-validator reads it', () => {
  it.each([...own, ...others].map((type) => [type.name, type] as const))('%s', (_, type) => {
    const verdicts = new Set<boolean>();
    fc.assert(
      fc.property(dataOf(type), (data) => {
        const said = saidOf(type, data);
        verdicts.add(said === null);
        const read = readPayload(type, data);
        if (said) expect('fault' in read && read.fault).toMatchObject(said);
        else expect(read).toEqual({ payload: Object.assign(new type(), data) });
        const isRight = payloadCheck(type);
        if (isRight) expect(isRight(Object.assign(new type(), data))).toBe(said === null);
      }),
      { numRuns: 300 },
    );
    expect(verdicts).toEqual(new Set([true, false]));
  });
});

it('all that clients send is checked without class-validator, as long as it is right', () => {
  expect(own.filter((type) => !payloadCheck(type))).toEqual([]);
});

it('a rule that is not known keeps its class from it, and so does having none', () => {
  expect([Bounded, Sometimes, Derived].map((type) => payloadCheck(type) !== null)).toEqual([true, true, true]);
  expect([Listed, OnCondition, Later, Date].map((type) => payloadCheck(type))).toEqual([null, null, null, null]);
});
