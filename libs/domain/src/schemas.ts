import { type TObject, type TSchema, TypeGuard } from '@sinclair/typebox';
import type { EventDefinition } from './event.js';
import { eventDefinitions, pastVersions } from './events.js';
import type { PersonalTexts } from './personal.js';

// The JSON Schema of each version of each event, as it is handed out: made of the schemas that parse what is stored.

/** A part of a schema: draft 7, of which the events use little. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

/** One schema for any line; `definitions` has those of the versions, `<Type>.v<N>`. */
export interface EventSchemas {
  readonly $schema: string;
  readonly title: string;
  readonly description: string;
  readonly oneOf: readonly { readonly $ref: string }[];
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

type Definition = EventDefinition<string, TObject>;

/**
 * Of all events, or of these. Objects may hold more fields than they are said to: those that a later release adds.
 */
export function eventSchemas(
  definitions: readonly Definition[] = [...eventDefinitions, ...pastVersions.map(({ definition }) => definition)],
): EventSchemas {
  const sorted = definitions.toSorted((a, b) => (a.type === b.type ? a.version - b.version : a.type < b.type ? -1 : 1));
  const named = sorted.map((definition) => [nameOf(definition), schemaOf(definition)] as const);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Events of Parley',
    description:
      'A line of `chatctl replay --format ndjson`: an event of the log. Fields that are not named here may come.',
    oneOf: named.map(([name]) => ({ $ref: `#/definitions/${name}` })),
    definitions: Object.fromEntries(named),
  };
}

const nameOf = ({ type, version }: Definition): string => `${type}.v${version}`;

function schemaOf({ type, version, schema, personal }: Definition): JsonSchema {
  const { at, ...fields } = schema.properties;
  const own = Object.entries(fields).map(([name, field]) => [name, plain(field, personal, name)] as const);
  const optional = Object.keys(fields).filter((name) => TypeGuard.IsOptional(fields[name]!));
  const flags = personal
    ? {
        erased: { const: true, description: 'Whose texts are in it was erased: they are null.' },
        sealed: { const: true, description: 'Its texts are null, since whoever read it has no key for them.' },
      }
    : {};
  const first = {
    seq: { type: 'integer', minimum: 1, description: 'Its place in the log: what everything is ordered by.' },
    at: plain(at as TSchema, null, ''),
    type: { const: type },
    version: { const: version, description: 'Of the fields: older ones are handed out as the latest.' },
    room: {
      type: 'string',
      pattern: '^(?:global|(?:clan|user):[\\w=-]+|direct:[\\w=-]+:[\\w=-]+|partition:\\d+)$',
      description: 'Ids in it are encoded: =hh for each byte of UTF-8 that is no letter, digit, _ or -.',
    },
    storedAt: { ...plain(at as TSchema, null, ''), description: "When the log stored it, by the log's own clock." },
  };
  return {
    description: schema.description as string,
    type: 'object',
    properties: { ...first, ...Object.fromEntries(own), ...flags },
    required: [...Object.keys(first), ...Object.keys(fields).filter((name) => !optional.includes(name))],
  };
}

/** Without what only says how strictly it is parsed; texts that may be taken out of it may be null. */
function plain(schema: TSchema, personal: PersonalTexts | null, path: string): JsonSchema {
  if (TypeGuard.IsObject(schema)) {
    const { additionalProperties: _, properties, ...rest } = schema;
    const fields = Object.entries(properties).map(([name, field]) => [name, plain(field, personal, `${path}.${name}`)]);
    return { ...json(rest), properties: Object.fromEntries(fields) as Record<string, JsonSchema> };
  }
  if (TypeGuard.IsArray(schema)) return { ...json(schema), items: plain(schema.items, null, '') };
  const { description, ...shape } = json(schema);
  const mayBeTaken = personal?.texts.some((text) => text.path === path && text.erased !== undefined) ?? false;
  if (!mayBeTaken || shape.anyOf?.some(({ type }) => type === 'null')) return json(schema);
  return { anyOf: [shape, { type: 'null' }], ...(description !== undefined && { description }) };
}

/** As JSON, which leaves out what the library notes for itself. */
const json = (schema: object): JsonSchema => JSON.parse(JSON.stringify(schema)) as JsonSchema;
