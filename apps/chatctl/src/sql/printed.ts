import { once } from 'node:events';
import { csvCell } from '../columns/csv.js';
import type { Output } from '../output.js';
import { plain } from '../plain.js';
import { loadDuckdb, type Result, type Value } from './duckdb.js';
import { inJson } from './in-json.js';

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
  let widths: number[] | null = null;
  let [measured, isFigure, count]: [Value[][], boolean[], number] = [[], [], 0];
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, i) => (isFigure[i] ? cell.padStart(widths![i]!) : cell.padEnd(widths![i]!)))
      .join('  ')
      .trimEnd()}\n`;
  const begin = () => {
    isFigure = names.map((_, i) => measured.some((row) => isNumber(row[i]!)));
    widths = names.map((name, i) => Math.max(name.length, ...measured.map((row) => cellOf(row[i]!).length)));
    const rows = measured.map((row) => line(row.map(cellOf)));
    measured = [];
    return [line(names), line(widths.map((width) => '-'.repeat(width))), ...rows].join('');
  };
  for await (const rows of result.yieldRows()) {
    count += rows.length;
    if (widths) await output.write(rows.map((row) => line(row.map(cellOf))).join(''));
    else {
      measured.push(...rows);
      if (measured.length >= ROWS_MEASURED) await output.write(begin());
    }
  }
  if (!widths) await output.write(begin());
  await output.write(`(${count} ${count === 1 ? 'row' : 'rows'})\n`);
}

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

/** A file as it is, as fast as it is taken. */
export async function pour(
  chunks: AsyncIterable<Uint8Array>,
  out: NodeJS.WritableStream,
  closed: AbortSignal,
): Promise<void> {
  for await (const chunk of chunks) {
    if (closed.aborted) return;
    if (!out.write(chunk)) await once(out, 'drain', { signal: closed }).catch(() => undefined);
  }
}
