import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TObject, type TSchema, TypeGuard } from '@sinclair/typebox';
import { type EventDefinition, eventDefinitions, eventFields, partitionOf, pastVersions, type Room } from '#domain';

// docs/events.md, made from the schemas of the events and the fixtures that hold one of each as it is stored.

/** An event as it lies in the log. */
export interface StoredExample {
  readonly subject: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

interface Fixture {
  readonly room: Room;
  readonly body: string;
  readonly event: { readonly id: string };
}

const INTRODUCTION = `# Events

What is in the log, for whoever reads it with other tools. Every event is one message of the stream \`EVENTS\` (\`EVENT_STREAM\`):

| part | what it is |
|---|---|
| sequence | the place of the event, by which everything is ordered |
| subject | \`chat.ev.<partition>.<room>.<kind>\` (\`chat\` is \`SUBJECT_PREFIX\`): the partition is FNV-1a (32 bits) of the room's name modulo 16 |
| \`Nats-Msg-Id\` | \`<room>/<id>\`: the same again within two minutes is not stored. \`<room>.<sequence>/<id>\` of an event that was played from another log (\`chatctl play\`), with its sequence there |
| \`Parley-Type\`, \`Parley-Version\` | which of the schemas below the body fits |
| \`Parley-Key\` | where the texts in it are sealed: with which key, \`<person>.<16 hex digits>\` |
| \`traceparent\` | of what was [traced](operations.md#traces): the step that stored it, as W3C Trace Context has it. It means nothing for the event |
| \`Nats-Expected-Last-Subject-Sequence\`, \`…-Subject\` | what the log was asked to look at before it took the event: that nothing of its kind came in between, or, where several servers hold the log, that its person was not erased. It means nothing afterwards |
| \`Nats-Batch-Id\`, \`Nats-Batch-Sequence\`, \`Nats-Batch-Commit\` | of events that were stored together, in one sync: how they came, and nothing that means anything |
| body | JSON, with these fields and no others; of a sealed one without the texts, which are in \`sealed\` |

A room is \`global\`, \`clan:<clan>\`, \`direct:<lower>:<higher>\` or, for what concerns one person, \`user:<person>\`, or all rooms of a partition, \`partition:<n>\`. Ids in the names of rooms are encoded, in subjects and bodies alike: letters, digits, \`_\` and \`-\` stand for themselves, \`=\` and two hexadecimal digits for any other byte of the UTF-8 text. Ids in bodies are as they were given.

Texts, names and avatars are sealed with a key of the person's own, unless the log is kept in plain text (\`ENCRYPTION=off\`): \`sealed\` is base64 of 12 bytes of nonce, 16 of tag, and their JSON by their paths (\`{"content": …, "sender.name": …}\`) under AES-256-GCM; what is authenticated with them is \`<room> <id> <type> <version> <key>\`. [privacy.md](privacy.md) says where the keys are, and how people are erased. Each type below says which of its fields may be sealed.

What is stored is never changed or deleted, and a version is never changed either: another one is written beside it, and readers bring the older ones up to it. [fixtures](../libs/domain/test/fixtures) holds examples of every version that was ever written.

This page is made by \`npm run docs\` from the schemas ([libs/domain](../libs/domain/src/events.ts)) and the fixtures, and a test compares.`;

/** The page's whole text. */
export function eventsPage(fixtures: string): string {
  const common = `Every body has these fields:\n\n${table(Object.entries(eventFields))}`;
  const current = eventDefinitions.map((definition) => section(definition, fixtures));
  const past = pastVersions.map(({ definition }) => section(definition, fixtures));
  const earlier = past.length > 0 ? ['## Earlier versions', ...past] : [];
  return `${[INTRODUCTION, common, ...current, ...earlier].join('\n\n')}\n`;
}

/** The first fixture of a version, as it is stored. */
export function storedExample(
  { type, version, kind }: EventDefinition<string, TObject>,
  fixtures: string,
): StoredExample {
  const [first] = JSON.parse(readFileSync(join(fixtures, `${type}.v${version}.json`), 'utf8')) as [Fixture];
  return {
    subject: `chat.ev.${partitionOf(first.room)}.${first.room}.${kind}`,
    headers: [
      ['Nats-Msg-Id', `${first.room}/${first.event.id}`],
      ['Parley-Type', type],
      ['Parley-Version', String(version)],
    ],
    body: first.body,
  };
}

function section(definition: EventDefinition<string, TObject>, fixtures: string): string {
  const { type, version, kind, schema } = definition;
  const { subject, headers, body } = storedExample(definition, fixtures);
  const example = [
    subject,
    ...headers.map((header) => header.join(': ')),
    '',
    JSON.stringify(JSON.parse(body), null, 2),
  ];
  return [
    `## ${type}`,
    `${schema.description} Version ${version}, kind \`${kind}\`.${sealedIn(definition)}`,
    table(Object.entries(schema.properties).filter(([name]) => !(name in eventFields))),
    ['```', ...example, '```'].join('\n'),
  ].join('\n\n');
}

function sealedIn({ personal }: EventDefinition<string, TObject>): string {
  if (!personal) return '';
  const { outer, inner } = personal.of;
  const paths = personal.texts.map(({ path }) => `\`${path}\``).join(', ');
  return ` May be sealed, with the key of \`${inner === null ? outer : `${outer}.${inner}`}\`: ${paths}.`;
}

type Field = readonly [name: string, schema: TSchema];

const table = (fields: readonly Field[]): string =>
  ['| field | what it is | |', '|---|---|---|', ...fields.flatMap(rows)].join('\n');

function rows([name, field]: Field): string[] {
  if (TypeGuard.IsObject(field)) {
    return Object.entries(field.properties).flatMap(([inner, schema]) => rows([`${name}.${inner}`, schema]));
  }
  if (TypeGuard.IsArray(field)) {
    const most = field.maxItems === undefined ? '' : `, ${field.maxItems} at most`;
    return [`| \`${name}\` | list${most} | ${field.description ?? ''} |`, ...rows([`${name}[]`, field.items])];
  }
  const optional = TypeGuard.IsOptional(field) ? ', may be missing' : '';
  return [`| \`${name}\` | ${typeOf(field)}${optional} | ${field.description ?? ''} |`];
}

/** @throws TypeError for a schema that no event has used yet: say here how it reads */
function typeOf(schema: TSchema): string {
  if (TypeGuard.IsString(schema)) {
    if (schema.pattern !== undefined) return `text like \`${schema.pattern.replaceAll('|', '\\|')}\``;
    return schema.minLength === 1 ? 'text, not empty' : 'text';
  }
  if (TypeGuard.IsNull(schema)) return 'null';
  if (TypeGuard.IsLiteral(schema)) return `\`${schema.const}\``;
  if (TypeGuard.IsInteger(schema)) return `whole number from ${schema.minimum}`;
  if (TypeGuard.IsUnion(schema)) return schema.anyOf.map(typeOf).join(' or ');
  if (TypeGuard.IsTuple(schema)) {
    const items: TSchema[] = schema.items;
    return `list of ${items.length}: ${items.map(typeOf).join('; ')}`;
  }
  throw new TypeError(`no words for ${JSON.stringify(schema)}`);
}
