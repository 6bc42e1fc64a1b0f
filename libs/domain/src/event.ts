import { type Static, type TObject, Type } from '@sinclair/typebox';
import type { Room } from './ids.js';
import type { PersonalTexts } from './personal.js';

/** The last token of an event's subject; what an expectation on "the last event of this kind in this room" names. */
export type Kind =
  'msg' | 'react' | 'edit' | 'seen' | 'chat' | 'block' | 'member' | 'profile' | 'sanction' | 'mode' | 'erase';

/** What every event says of itself, beside its own fields. */
export const eventFields = {
  id: Type.String({
    pattern: '^[a-z]+\\.[0-9a-f]{24}$',
    description:
      '`<kind>.<command key>`: the same command makes the same event id, which the log refuses to store twice within ' +
      'its window of two minutes.',
  }),
  at: Type.String({
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
    description:
      "When it was decided, ISO 8601 in UTC with milliseconds. For people: order is the log's sequence, never this.",
  }),
};

export const Id = Type.String({ minLength: 1 });

/** An id, and whose. */
export const idOf = (description: string) => Type.String({ minLength: 1, description });

/** A person as they were at the moment of the event. */
export const Person = Type.Object(
  {
    id: idOf("The person's id in the application."),
    name: Type.String({ minLength: 1, description: 'What they were called then.' }),
    avatar: Type.Union([Type.String(), Type.Null()], { description: 'JSON text, handed on as given.' }),
  },
  { additionalProperties: false },
);
export type Person = Static<typeof Person>;

/** One version of one type of event, as it is stored. */
export interface EventDefinition<T extends string, S extends TObject> {
  readonly type: T;
  readonly version: number;
  readonly kind: Kind;
  readonly schema: S;
  /** What in it is a person's and may be sealed: then it is not in the body as such. Null for nothing. */
  readonly personal: PersonalTexts | null;
}

/** The type, the kind and the schema of an event stand together; the schema is the storage format. */
export function defineEvent<T extends string, S extends TObject>(
  type: T,
  version: number,
  kind: Kind,
  schema: S,
  personal: PersonalTexts | null = null,
): EventDefinition<T, S> {
  return { type, version, kind, schema, personal };
}

/**
 * A version that is no longer written, and how it is read: as the version after it. What is stored never changes, so
 * this stays for as long as there is the log.
 */
export interface PastVersion {
  readonly definition: EventDefinition<string, TObject>;
  readonly next: EventDefinition<string, TObject>;
  readonly upcast: (fields: unknown) => unknown;
}

/** `upcast` is pure, and has an answer for every body that fits `definition`. */
export const pastVersion = <T extends string, S extends TObject, N extends TObject>(
  definition: EventDefinition<T, S>,
  next: EventDefinition<T, N>,
  upcast: (fields: Static<S>) => Static<N>,
): PastVersion => ({ definition, next, upcast: (fields) => upcast(fields as Static<S>) });

/** An event as code sees it: its type and room beside the stored fields. */
export type EventOf<D> =
  D extends EventDefinition<infer T, infer S> ? { readonly type: T; readonly room: Room } & Readonly<Static<S>> : never;

/** When and as whom a command is carried out: clock and randomness come in with the command. */
export interface CommandContext {
  /** 24 hex digits, see `commandKey`. */
  readonly key: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly at: string;
}

/** The kinds of events by which somebody changes what there is already, or what others may do or are shown: what an audit shows. */
export const auditedKinds = ['edit', 'sanction', 'mode', 'block'] as const satisfies readonly Kind[];
