import { csvCell } from '../columns/columns.js';
import { type Output, plain } from '../output.js';
import { inJson, loadDuckdb, type Result, type Value } from './duckdb.js';

// What a query answers, printed as it comes.

export const formats = ['table', 'csv', 'json', 'parquet'] as const;
export type FormatName = (typeof formats)[number];

/** By so many rows the widths of a table's columns are known; a longer cell behind them pushes the others on. */
const ROWS_MEASURED = 1_000;
/** Longer cells of a table are cut. */
const CELL = 60;

/** Prints all that a query answers. What is no query answers no columns. */
export async function print(result: Result, format: Exclude<FormatName, 'parquet'>, output: Output): Promise<void> {
  switch (format) {
    case 'table':
      return printTable(result, output);
    case 'csv':
      return printCsv(result, output);
    case 'json':
      return printJson(result, output);
  }
}

async function printCsv(result: Result, output: Output): Promise<void> {
  await output.write(csvRow(result.columnNames()));
  for await (const rows of result.yieldRows()) await output.write(rows.map((row) => csvRow(row)).join(''));
}

/** A figure is no formula, with whichever sign. */
const csvRow = (row: readonly Value[]): string =>
  `${row.map((value) => (typeof value === 'number' || typeof value === 'bigint' ? String(value) : csvCell(value === null ? null : String(value)))).join(',')}\r\n`;

/** An object a line, as `replay` prints events. */
async function printJson(result: Result, output: Output): Promise<void> {
  const duckdb = await loadDuckdb();
  const names = result.columnNames();
  const line = (row: readonly Value[]) =>
    `${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, inJson(row[i]!, duckdb)])))}\n`;
  for await (const rows of result.yieldRows()) await output.write(rows.map(line).join(''));
}

async function printTable(result: Result, output: Output): Promise<void> {
  const names = result.columnNames().map(cut);
  const measured: Value[][] = [];
  let layout: Layout | null = null;
  let count = 0;
  for await (const rows of result.yieldRows()) {
    count += rows.length;
    if (layout) await output.write(linesOf(rows, layout));
    else {
      measured.push(...rows);
      if (measured.length < ROWS_MEASURED) continue;
      layout = layoutOf(names, measured);
      await output.write(headOf(names, layout) + linesOf(measured.splice(0), layout));
    }
  }
  if (!layout) {
    layout = layoutOf(names, measured);
    await output.write(headOf(names, layout) + linesOf(measured, layout));
  }
  await output.write(`(${count} ${count === 1 ? 'row' : 'rows'})\n`);
}

/** Of each column. */
type Layout = readonly { readonly width: number; readonly isFigure: boolean }[];

const layoutOf = (names: readonly string[], rows: readonly (readonly Value[])[]): Layout =>
  names.map((name, i) => ({
    width: rows.reduce((width, row) => Math.max(width, cellOf(row[i]!).length), name.length),
    isFigure: rows.some((row) => isNumber(row[i]!)),
  }));

const headOf = (names: readonly string[], layout: Layout): string =>
  lineOf(names, layout) +
  lineOf(
    layout.map(({ width }) => '-'.repeat(width)),
    layout,
  );

const linesOf = (rows: readonly (readonly Value[])[], layout: Layout): string =>
  rows.map((row) => lineOf(row.map(cellOf), layout)).join('');

const lineOf = (cells: readonly string[], layout: Layout): string =>
  `${layout
    .map(({ width, isFigure }, i) => (isFigure ? cells[i]!.padStart(width) : cells[i]!.padEnd(width)))
    .join('  ')
    .trimEnd()}\n`;

/** Decimals are values of their own. */
const isNumber = (value: Value): boolean =>
  typeof value === 'number' ||
  typeof value === 'bigint' ||
  (value !== null && typeof value === 'object' && /^-?\d+\.\d+$/.test(String(value)));

/** What others wrote is shown so that it cannot do anything to a terminal. */
const cellOf = (value: Value): string => (value === null ? '' : cut(String(value)));

function cut(text: string): string {
  const shown = plain(text);
  return shown.length > CELL ? `${shown.slice(0, CELL - 1).replace(/[\ud800-\udbff]$/, '')}…` : shown;
}
