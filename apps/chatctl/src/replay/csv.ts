import {
  type EventLine,
  eventDefinitions,
  type EventSchemas,
  eventSchemas,
  type EventType,
  type JsonSchema,
} from '#domain';

/** Columns that every event has, and those that say that texts are not there. */
const FIRST = ['seq', 'at', 'type', 'version', 'room', 'storedAt', 'id'];
const LAST = ['erased', 'sealed'];

/**
 * The columns for events of these types, whatever there is of them: the fields of their current versions, `sender.name`
 * for one within another.
 */
export function columnsOf(types: Iterable<EventType>, schemas: EventSchemas = eventSchemas()): string[] {
  const wanted = new Set<string>(types);
  const columns = new Set(FIRST);
  for (const { type, version } of eventDefinitions) {
    if (!wanted.has(type)) continue;
    for (const column of paths(schemas.definitions[`${type}.v${version}`]!)) columns.add(column);
  }
  return [...[...columns].filter((column) => !LAST.includes(column)), ...LAST];
}

const paths = ({ properties = {} }: JsonSchema): string[] =>
  Object.entries(properties).flatMap(([name, field]) =>
    field.properties ? paths(field).map((inner) => `${name}.${inner}`) : [name],
  );

/** A row of RFC 4180, with its line end. */
export const csvRow = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** The cells of an event, in the order of the columns. */
export const cellsOf = (line: EventLine, columns: readonly string[]): unknown[] =>
  columns.map((column) => {
    const [outer = '', inner] = column.split('.');
    const value = line[outer];
    return inner === undefined ? value : (value as Record<string, unknown> | null | undefined)?.[inner];
  });

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
