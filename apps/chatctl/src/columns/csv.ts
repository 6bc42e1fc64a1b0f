import type { EventLine } from '#domain';
import { type Column, valueIn } from './columns.js';

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
