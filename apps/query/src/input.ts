import { applyDecorators, type PipeTransform } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { getMetadataStorage, IsOptional, ValidateBy, validateSync } from 'class-validator';
import {
  eventTime,
  isFilledText,
  isText,
  MAX_ID_LENGTH,
  MAX_REASON_LENGTH,
  ROOM_NAMES,
  roomMeant,
  timeOf,
} from '#domain';
import type { Moment } from '#event-store';
import { httpFault, type HttpFault, invalid } from '#platform';

/** A class whose fields carry class-validator's decorators. */
type InputClass<T extends object> = new () => T;

/** What is said of a field in the OpenAPI page beside its rule; with a default, it may be left out. */
interface FieldOptions {
  readonly optional?: true;
  readonly default?: number;
  readonly description?: string;
}

/** A field's rule and its entry in the OpenAPI page, which say the same. */
export function field(
  rule: PropertyDecorator,
  schema: ApiPropertyOptions,
  { optional, ...said }: FieldOptions,
): PropertyDecorator {
  const required = !optional && said.default === undefined;
  const entry = ApiProperty({ ...schema, ...said, required } as ApiPropertyOptions);
  return applyDecorators(entry, rule, ...(required ? [] : [IsOptional()]));
}

/** An id from outside: 1 to 64 characters of well-formed Unicode. */
export const Id = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    ValidateBy({
      name: 'id',
      validator: {
        validate: (value) => isText(value, MAX_ID_LENGTH) && value !== '',
        defaultMessage: () => `$property must be an id of 1 to ${MAX_ID_LENGTH} characters`,
      },
    }),
    { type: String, maxLength: MAX_ID_LENGTH },
    options,
  );

interface FieldRule {
  readonly isMet: (value: unknown) => boolean;
  /** What comes after `must be`. */
  readonly words: string;
  readonly schema: ApiPropertyOptions;
}

/** A field of any other rule. */
export const Field = ({ isMet, words, schema }: FieldRule, options: FieldOptions = {}): PropertyDecorator =>
  field(
    ValidateBy({
      name: 'field',
      validator: { validate: isMet, defaultMessage: () => `$property must be ${words}` },
    }),
    schema,
    options,
  );

/** Why a moderator decides something, in their words; may be left out. */
export const Reason = (): PropertyDecorator =>
  Field(
    {
      isMet: (value) => isFilledText(value, MAX_REASON_LENGTH),
      words: `a text of 1 to ${MAX_REASON_LENGTH} characters, not only white space`,
      schema: { type: String, minLength: 1, maxLength: MAX_REASON_LENGTH },
    },
    { optional: true, description: 'Why: for the log and its audit; the people in the room are not shown it.' },
  );

/** A moment. */
export const Time = (options: FieldOptions = {}): PropertyDecorator =>
  Field(
    {
      isMet: (value) => eventTime(value) !== null,
      words: 'a time like 2026-01-31T12:00:00Z',
      schema: { type: String, format: 'date-time' },
    },
    options,
  );

/** A whole number in a body. */
export const WholeNumber = (least: number, most: number, options: FieldOptions = {}): PropertyDecorator =>
  Field(
    {
      isMet: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
      words: `a whole number from ${least} to ${most}`,
      schema: { type: 'integer', minimum: least, maximum: most },
    },
    options,
  );

/** A whole number in decimal digits, as it stands in an address. */
export const NumberText = (least: number, most: number, options: FieldOptions = {}): PropertyDecorator =>
  field(
    ValidateBy({
      name: 'numberText',
      validator: {
        validate: (value) =>
          typeof value === 'string' && /^\d{1,16}$/.test(value) && Number(value) >= least && Number(value) <= most,
        defaultMessage: () => `$property must be a whole number from ${least} to ${most}`,
      },
    }),
    { type: 'integer', minimum: least, ...(most < Number.MAX_SAFE_INTEGER && { maximum: most }) },
    options,
  );

/** A room as the log names it, either person of a direct chat first. */
export const RoomName = (options: FieldOptions): PropertyDecorator =>
  field(
    ValidateBy({
      name: 'roomName',
      validator: {
        validate: (value) => typeof value === 'string' && roomMeant(value) !== null,
        defaultMessage: () => `$property must be ${ROOM_NAMES}`,
      },
    }),
    { type: String },
    options,
  );

const SEQUENCE = /^\d{1,15}$/;

/** A sequence of the log, or a time: {@link placeOf} reads it. */
export const LogPlace = (options: FieldOptions): PropertyDecorator =>
  field(
    ValidateBy({
      name: 'logPlace',
      validator: {
        validate: (value) => typeof value === 'string' && (SEQUENCE.test(value) || timeOf(value) !== null),
        defaultMessage: () => '$property must be a sequence of the log, or a time such as 2026-01-31T18:30:00Z',
      },
    }),
    { type: String },
    options,
  );

/** A sequence, or ms since 1970. */
export const placeOf = (text: string): Moment =>
  SEQUENCE.test(text) ? { seq: Number(text) } : { time: timeOf(text)! };

/**
 * Reads the parameters or the body of a request as a class, or refuses it with all that is wrong. Only the fields that
 * the class names are taken over, one by one: to assign all that came in would let it set the object's prototype.
 * @param unknown what becomes of other fields: clients of old put more into an address than we know of
 */
export class Input<T extends object> implements PipeTransform<unknown, T> {
  readonly #type: InputClass<T>;
  readonly #fields: readonly string[];
  readonly #refuseUnknown: boolean;

  constructor(type: InputClass<T>, unknown: 'dropped' | 'refused') {
    this.#type = type;
    const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    this.#fields = [...new Set(rules.map((rule) => rule.propertyName))];
    this.#refuseUnknown = unknown === 'refused';
  }

  transform(given: unknown): T {
    // A request that has no body is as good as an empty one.
    if ((typeof given !== 'object' && given !== undefined) || Array.isArray(given)) {
      throw invalid([httpFault('VALIDATION', `give an object {${this.#fields.join(', ')}}`)]);
    }
    const source = given ?? {};
    const input = new this.#type();
    for (const field of this.#fields) {
      if (Object.hasOwn(source, field)) Reflect.set(input, field, Reflect.get(source, field));
    }
    const faults = [...wrongFields(input), ...(this.#refuseUnknown ? this.#unknownFields(source) : [])];
    if (faults.length > 0) throw invalid(faults);
    return input;
  }

  #unknownFields(source: object): HttpFault[] {
    const unknown = Object.keys(source).filter((name) => !this.#fields.includes(name));
    // One is enough to say so; a body may hold thousands.
    return unknown
      .slice(0, 1)
      .map((name) => httpFault('VALIDATION', `there are only these fields: ${this.#fields.join(', ')}`, cut(name)));
  }
}

const MAX_NAME_SHOWN = 100;
const cut = (name: string): string => name.slice(0, MAX_NAME_SHOWN).toWellFormed();

function wrongFields(input: object): HttpFault[] {
  return validateSync(input, { stopAtFirstError: true, validationError: { target: false } }).map(
    ({ property, value, constraints }) => {
      const message = Object.values(constraints ?? {})[0] ?? `${property} is wrong`;
      return httpFault(value === undefined ? 'REQUIRED' : 'VALIDATION', message, property, value);
    },
  );
}
