import { isDeepStrictEqual } from 'node:util';
import type { EventSchemas, JsonSchema } from '#domain';

// What a change of the schemas does to whoever reads the log. What is stored stays, so a version must go on to be what it
// was: wider than it was, it surprises readers; narrower, what is stored does not fit any more.

export interface Comparison {
  /** What breaks a reader, a line each. */
  readonly breaks: readonly string[];
  /** What readers may leave unread: new types, versions and fields that may be missing. */
  readonly additions: readonly string[];
}

interface Findings {
  readonly breaks: string[];
  readonly additions: string[];
}

/** Words for people, which may change. */
const ANNOTATIONS: ReadonlySet<string> = new Set(['description', 'title', '$comment', 'examples']);

export function compareSchemas(old: Pick<EventSchemas, 'definitions'>, now: EventSchemas): Comparison {
  const found: Findings = { breaks: [], additions: [] };
  for (const [name, schema] of Object.entries(old.definitions)) {
    const today = now.definitions[name];
    if (today) compare(spoken(name), schema, today, found);
    else found.breaks.push(`${spoken(name)}: is gone, and what is stored of it cannot be read`);
  }
  for (const name of Object.keys(now.definitions)) {
    if (!(name in old.definitions)) found.additions.push(`${spoken(name)}: is new`);
  }
  return found;
}

const spoken = (name: string): string => name.replace(/\.v(\d+)$/, ' version $1');

function compare(place: string, old: JsonSchema, now: JsonSchema, found: Findings): void {
  const [before, after] = [alternatives(old), alternatives(now)];
  const gone = before.filter((one) => !after.some((other) => isDeepStrictEqual(one, other)));
  const come = after.filter((one) => !before.some((other) => isDeepStrictEqual(one, other)));
  // One of a sort that became another of the same: what it differs by is said.
  for (const one of gone.filter(({ type }) => type !== undefined)) {
    const other = come.find(({ type }) => type === one.type);
    if (!other) continue;
    gone.splice(gone.indexOf(one), 1);
    come.splice(come.indexOf(other), 1);
    compareShape(place, one, other, found);
  }
  for (const one of gone) {
    found.breaks.push(`${place}: ${wordsOf(one)} is not allowed any more, and what is stored may be that`);
  }
  for (const one of come) found.breaks.push(`${place}: may be ${wordsOf(one)} now, which readers have no case for`);
}

/** Without annotations, at every depth but in the names of fields. */
function bare(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).filter(([keyword]) => !ANNOTATIONS.has(keyword));
  return Object.fromEntries(entries.map(([keyword, value]) => [keyword, bareValue(keyword, value)]));
}

function bareValue(keyword: string, value: unknown): unknown {
  if (keyword === 'properties') {
    const fields = Object.entries(value as Record<string, JsonSchema>);
    return Object.fromEntries(fields.map(([name, field]) => [name, bare(field)]));
  }
  if (keyword === 'required') return (value as string[]).toSorted();
  if (keyword === 'anyOf' || (keyword === 'items' && Array.isArray(value))) return (value as JsonSchema[]).map(bare);
  return keyword === 'items' ? bare(value as JsonSchema) : value;
}

const alternatives = (schema: JsonSchema): JsonSchema[] => {
  const { anyOf, enum: values, ...rest } = bare(schema);
  if (Array.isArray(values)) return values.map((value: unknown) => ({ const: value }));
  if (anyOf) return anyOf.flatMap(alternatives);
  // The type of a value says nothing more of it.
  return ['const' in rest ? { const: rest.const } : rest];
};

/** Two of the same type. */
function compareShape(place: string, old: JsonSchema, now: JsonSchema, found: Findings): void {
  if (old.properties && now.properties) compareFields(place, old, now, found);
  if (old.items && now.items) compareItems(place, old.items, now.items, found);
  const apart = new Set([
    'type',
    ...(old.properties ? ['properties', 'required'] : []),
    ...(old.items ? ['items'] : []),
  ]);
  for (const keyword of new Set([...Object.keys(old), ...Object.keys(now)])) {
    if (apart.has(keyword) || isDeepStrictEqual(old[keyword], now[keyword])) continue;
    const [was, is] = [old[keyword], now[keyword]].map((value) =>
      value === undefined ? 'nothing' : JSON.stringify(value),
    );
    found.breaks.push(`${place}: ${keyword} was ${was}, and is ${is}`);
  }
}

function compareFields(place: string, old: JsonSchema, now: JsonSchema, found: Findings): void {
  const isRequired = (schema: JsonSchema, name: string) => schema.required?.includes(name) ?? false;
  for (const [name, field] of Object.entries(old.properties!)) {
    const today = now.properties![name];
    const at = `${place}, ${name}`;
    if (!today) found.breaks.push(`${at}: the field is gone`);
    else {
      if (isRequired(old, name) && !isRequired(now, name)) {
        found.breaks.push(`${at}: may be missing now, which readers do not expect`);
      }
      if (!isRequired(old, name) && isRequired(now, name)) {
        found.breaks.push(`${at}: must be there now, and what is stored may lack it`);
      }
      compare(at, field, today, found);
    }
  }
  for (const name of Object.keys(now.properties!)) {
    if (name in old.properties!) continue;
    if (isRequired(now, name))
      found.breaks.push(`${place}, ${name}: is a new field that must be there, and what is stored lacks it`);
    else found.additions.push(`${place}, ${name}: is a new field, which may be missing`);
  }
}

function compareItems(
  place: string,
  old: NonNullable<JsonSchema['items']>,
  now: NonNullable<JsonSchema['items']>,
  found: Findings,
): void {
  const [before, after] = [old, now].map((items) => (Array.isArray(items) ? (items as JsonSchema[]) : null));
  if (before && after && before.length === after.length) {
    for (const [i, item] of before.entries()) compare(`${place}[${i}]`, item, after[i]!, found);
  } else if (before ?? after) {
    found.breaks.push(
      `${place}: ${before?.length ?? 'any number of'} items were in it, and ${after?.length ?? 'any number of'} are`,
    );
  } else compare(`${place}[]`, old as JsonSchema, now as JsonSchema, found);
}

const wordsOf = (schema: JsonSchema): string =>
  'const' in schema ? JSON.stringify(schema.const) : schema.type === undefined ? JSON.stringify(schema) : schema.type;
