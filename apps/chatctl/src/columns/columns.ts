import {
  eventDefinitions,
  type EventLine,
  type EventSchemas,
  eventSchemas,
  type EventType,
  type JsonSchema,
} from '#domain';

// Events as rows of one wide table, the same wherever they are one: in CSV, in an export, in SQL.

/** What a column holds; `json` is a list, as text. */
export type ColumnKind = 'text' | 'integer' | 'flag' | 'time' | 'json';

export interface Column {
  /** As the field is called, with the name of what it is in before it: `sender_name`. */
  readonly name: string;
  readonly outer: string;
  /** Of a field within another one. */
  readonly inner: string | null;
  readonly kind: ColumnKind;
  /** Whether every event has it. */
  readonly required: boolean;
}

/** Columns that every event has, and those that say that texts are not there. */
const FIRST = ['seq', 'at', 'type', 'version', 'room', 'storedAt', 'id'];
const LAST = ['erased', 'sealed'];
/** Text in a line, by which things are ordered and counted. */
const TIMES = new Set(['at', 'storedAt']);

const allTypes = eventDefinitions.map(({ type }) => type);

/** The columns for events of these types, whatever there is of them: the fields of their current versions. */
export function columnsOf(
  types: Iterable<EventType> = allTypes,
  schemas: EventSchemas = eventSchemas(),
): readonly Column[] {
  const wanted = new Set<string>(types);
  const columns = new Map<string, Column>();
  const of = ({ type, version }: (typeof eventDefinitions)[number]) => schemas.definitions[`${type}.v${version}`]!;
  for (const definition of eventDefinitions) {
    if (wanted.has(definition.type)) for (const column of fields(of(definition))) columns.set(column.name, column);
  }
  const { erased, sealed } = flags;
  const [first, own] = [FIRST.map((name) => columns.get(name)!), [...columns.values()]];
  return [...first, ...own.filter(({ name }) => ![...FIRST, ...LAST].includes(name)), erased, sealed];
}

const flag = (name: string): Column => ({ name, outer: name, inner: null, kind: 'flag', required: false });
/** There for all types, also for those that have no texts. */
const flags = { erased: flag('erased'), sealed: flag('sealed') };

const fields = ({ properties = {} }: JsonSchema): Column[] =>
  Object.entries(properties).flatMap(([outer, field]) =>
    field.properties
      ? Object.entries(field.properties).map(([inner, schema]) => columnOf(outer, inner, schema))
      : [columnOf(outer, null, field)],
  );

function columnOf(outer: string, inner: string | null, schema: JsonSchema): Column {
  const kind = inner === null && TIMES.has(outer) ? 'time' : kindOf(schema);
  const required = inner === null && FIRST.includes(outer);
  return { name: inner === null ? outer : `${outer}_${inner}`, outer, inner, kind, required };
}

function kindOf({ type, const: value, anyOf = [] }: JsonSchema): ColumnKind {
  const one = anyOf.find((each) => each.type !== 'null');
  if (one) return kindOf(one);
  if (type === 'integer' || typeof value === 'number') return 'integer';
  if (type === 'array') return 'json';
  return typeof value === 'boolean' ? 'flag' : 'text';
}

/** What an event has in a column: as it is in its line. */
export function valueIn(line: EventLine, { outer, inner }: Column): unknown {
  const value = line[outer];
  return inner === null ? value : (value as Record<string, unknown> | null | undefined)?.[inner];
}

/** What stands above the rows. */
export const csvHead = (columns: readonly Column[]): string => csvRow(columns.map(({ name }) => name));

/** An event, with its line end. */
export const csvLine = (line: EventLine, columns: readonly Column[]): string =>
  csvRow(columns.map((column) => valueIn(line, column)));

/** A row of RFC 4180, with its line end. */
const csvRow = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** What a spreadsheet takes for a formula, and may run. */
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\r\n]/;

/** Nothing for null and what is not there; lists as JSON. A text that would be a formula begins with an apostrophe. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
