import type { FileFormat } from '../export/file-name.js';
import { type Column, type ColumnKind, columnsOf } from '../columns/columns.js';

const TYPES: Readonly<Record<ColumnKind, string>> = {
  ...{ text: 'VARCHAR', integer: 'BIGINT', flag: 'BOOLEAN', time: 'TIMESTAMP', json: 'VARCHAR' },
};

export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quotedText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const list = (texts: readonly string[]): string => `[${texts.join(', ')}]`;

/** The files as a table, with their columns as they stand in them, and the day of their folder. */
export function filesAsTable(files: readonly string[], format: FileFormat): string {
  const paths = list(files.map(quotedText));
  const days = `hive_partitioning = true, hive_types = {day: DATE}`;
  switch (format) {
    case 'parquet':
      return `read_parquet(${paths}, union_by_name = true, ${days})`;
    case 'csv':
      return `read_csv(${paths}, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', union_by_name = true, ${days})`;
    case 'ndjson': {
      const types = new Map(columnsOf().map((column) => [column.outer, typeInJson(column)]));
      const columns = [...types].map(([name, type]) => `${quotedText(name)}: '${type}'`);
      return `read_json(${paths}, format = 'newline_delimited', columns = {${columns.join(', ')}}, ${days})`;
    }
  }
}

const typeInJson = ({ inner, kind }: Column): string => (inner === null ? TYPES[kind] : 'JSON');

/**
 * The query that makes the events of files: every column that there is today, each of its type, whatever the files have.
 * @param there the columns of the files, where these are rows
 */
export function eventsOf(files: readonly string[], format: FileFormat, there: readonly string[]): string {
  const has = new Set(there);
  const columns = columnsOf().map((column) => `${valueOf(column, format, has)} as ${quotedName(column.name)}`);
  return `select ${columns.join(', ')}, day from ${filesAsTable(files, format)}`;
}

/** One that older files lack is null there. What is not said of texts is that they are there. */
function valueOf({ name, outer, inner, kind }: Column, format: FileFormat, has: ReadonlySet<string>): string {
  const isNested = format === 'ndjson' && inner !== null;
  const value = isNested ? `${quotedName(outer)} ->> ${quotedText(inner)}` : has.has(name) ? quotedName(name) : 'null';
  // By the clock of UTC as it is stored: the cast asks the calendar of a time zone for each.
  const isInstant = format === 'parquet' && kind === 'time' && value !== 'null';
  const typed = isInstant ? `make_timestamp(epoch_us(${value}))` : `cast(${value} as ${TYPES[kind]})`;
  return kind === 'flag' ? `coalesce(${typed}, false)` : typed;
}
