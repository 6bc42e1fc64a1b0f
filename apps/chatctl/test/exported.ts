import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { type EventLine, eventLine } from '#domain';
import { decodeRecord, type EventLog } from '#event-store';
import { columnsOf, valueIn } from '../src/columns/columns.js';

// An export, read without anything of what writes it.

export type Row = Record<string, unknown>;

/** The files below a folder, those of data in the order of their names; none where there is no folder yet. */
export function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const all = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return all.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
}

export const dataBelow = (dir: string): string[] => filesBelow(dir).filter((path) => /\/events-[^/]*$/.test(path));

export const manifestsBelow = (dir: string) =>
  filesBelow(dir)
    .filter((path) => path.endsWith('.json'))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>);

const compressors = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdDecompressSync(bytes) };

const bufferOf = (path: string): ArrayBuffer => Uint8Array.from(readFileSync(path)).buffer;

export async function rowsOfParquet(path: string): Promise<Row[]> {
  return parquetReadObjects({ file: bufferOf(path), compressors });
}

/** The rows of all files, in the order in which the files follow each other. */
export async function rowsBelow(dir: string): Promise<Row[]> {
  const bySeq = dataBelow(dir).toSorted((a, b) => (a.split('/events-')[1]! < b.split('/events-')[1]! ? -1 : 1));
  return (await Promise.all(bySeq.map(rowsOfParquet))).flat();
}

export const schemaOf = (path: string) => parquetMetadata(bufferOf(path)).schema;

export function metadataOf(path: string): Record<string, string | undefined> {
  const { key_value_metadata: pairs = [] } = parquetMetadata(bufferOf(path));
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

const columns = columnsOf();

/** A line as a row of Parquet has to be. */
export function rowOf(line: EventLine): Row {
  const values = columns.map((column) => {
    const value = valueIn(line, column) ?? null;
    if (value === null) return [column.name, null];
    if (column.kind === 'time') return [column.name, new Date(value as string)];
    if (column.kind === 'json') return [column.name, JSON.stringify(value)];
    return [column.name, column.kind === 'integer' && column.name !== 'version' ? BigInt(value as number) : value];
  });
  return Object.fromEntries(values) as Row;
}

/** The whole log, by its reader for folds. */
export async function linesOf(log: EventLog): Promise<EventLine[]> {
  const lines: EventLine[] = [];
  for await (const record of log.read()) {
    lines.push(eventLine(decodeRecord(record), { storedAt: record.at, sealed: false }));
  }
  return lines;
}

/** The first row that is not as it should be, beside what it should be; null for none. Many are compared in a moment. */
export function firstDifference(rows: readonly Row[], expected: readonly Row[]): readonly (Row | undefined)[] | null {
  for (let i = 0; i < Math.max(rows.length, expected.length); i++) {
    if (textOf(rows[i]) !== textOf(expected[i])) return [rows[i], expected[i]];
  }
  return null;
}

const textOf = (row: Row = {}): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
