import { type SchemaOptions, type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';

// Shapes of what is answered: each is the JSON Schema that the OpenAPI page and the AsyncAPI document show, and by
// `Static` the type in the code.

const said = (description?: string) => (description === undefined ? {} : { description });

export const text = (description?: string) => Type.String(said(description));
export const whole = (description?: string) => Type.Integer(said(description));
export const time = (description?: string) => Type.String({ format: 'date-time', ...said(description) });

/** One of these texts. */
export const oneOf = <const T extends string>(...values: readonly T[]) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values] });

export const listOf = <T extends TSchema>(items: T) => Type.Unsafe<readonly Static<T>[]>({ type: 'array', items });

/** Null is as OpenAPI 3.0 writes it: beside the type. */
export const nullable = <T extends TSchema>(shape: T) => Type.Unsafe<Static<T> | null>({ ...shape, nullable: true });

/** An avatar as it was given: an object of any fields, or null. */
export const avatar = Type.Unsafe<unknown>({ type: 'object', nullable: true, additionalProperties: true });

/** Where a message stands in its room. */
export const position = {
  n: whole('The number of the message in its room, from 1, without holes.'),
  rev: whole("The room's change number at the last change of the message."),
};

/** An object. Its fields are always there, but for those that are `Type.Optional`. */
export const shape = <P extends TProperties>(properties: P, options: SchemaOptions = {}) => ({
  ...Type.Unsafe<Readonly<Static<TObject<P>>>>(Type.Object(properties, options)),
  properties,
});

/** A shape that the page shows once, under this name; what holds one refers to it. */
export const named = <T extends TSchema>(name: string, definition: T) => ({
  name,
  definition,
  ref: Type.Unsafe<Static<T>>({ $ref: `#/components/schemas/${name}` }),
});

/** A frame that we send, defined once: its shape is the type in the code and what the AsyncAPI document says of it. */
export interface ServerFrame<T extends TSchema = TSchema> {
  /** Its `event`, where it has one. */
  readonly name: string;
  readonly summary: string;
  readonly payload: T;
  /** A test sees each of them come, with other ids and times. */
  readonly examples: readonly Static<T>[];
}

export const serverFrame = <T extends TSchema>(frame: ServerFrame<T>): ServerFrame<T> => frame;

/** What such a frame holds. */
export type FrameOf<F extends ServerFrame> = Static<F['payload']>;
