// What of DuckDB is used, and how it is got: an optional package, without which all else works and is built. So its types
// are not imported.

/** An optional package is not installed: the message says how it is. */
export class Missing extends Error {
  override readonly name = 'Missing';
}

/** A value that JavaScript has none of its own for; as text it is as DuckDB writes it. */
export interface DuckdbValue {
  readonly toString: () => string;
}

/** What a column holds in a row. */
export type Value = null | boolean | number | bigint | string | DuckdbValue;

export interface Result {
  columnNames(): string[];
  readonly columnCount: number;
  /** Some at a time. */
  yieldRows(): AsyncIterableIterator<Value[][]>;
}

export interface Statement {
  readonly statementType: number;
  stream(): Promise<Result>;
}

export interface Connection {
  run(sql: string): Promise<{ getRows(): Promise<Value[][]> }>;
  extractStatements(sql: string): Promise<{ readonly count: number; prepare(index: number): Promise<Statement> }>;
  interrupt(): void;
  closeSync(): void;
}

type Class<T> = abstract new (...args: never[]) => T;

export interface Duckdb {
  readonly DuckDBInstance: {
    create(path: string): Promise<{ connect(): Promise<Connection>; closeSync(): void }>;
  };
  /** Names of statements by their numbers, and the other way round. */
  readonly StatementType: Readonly<Record<number, string>>;
  readonly DuckDBTimestampValue: Class<DuckdbValue & { readonly micros: bigint }>;
  readonly DuckDBListValue: Class<{ readonly items: readonly Value[] }>;
  readonly DuckDBStructValue: Class<{ readonly entries: Readonly<Record<string, Value>> }>;
  readonly DuckDBDecimalValue: Class<{ toDouble(): number }>;
}

/** @throws Missing */
export const loadDuckdb = (): Promise<Duckdb> => optional<Duckdb>('@duckdb/node-api', 'DuckDB');

/** @param called what it is called in words @throws Missing where it is not installed */
export async function optional<T>(name: string, called: string): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Missing(
      `this needs ${called}, the optional package ${name}, which is not installed: \`npm install --include=optional\` ` +
        'in the folder of Parley installs it',
      { cause: error },
    );
  }
}

/** Times in ISO 8601, as in events; whole numbers that JSON cannot hold as text. */
export function inJson(value: Value, duckdb: Duckdb): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof duckdb.DuckDBTimestampValue) {
    const time = Number(value.micros / 1_000n);
    return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(value);
  }
  if (value instanceof duckdb.DuckDBDecimalValue) return value.toDouble();
  if (value instanceof duckdb.DuckDBListValue) return value.items.map((item) => inJson(item, duckdb));
  if (value instanceof duckdb.DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, inner]) => [name, inJson(inner, duckdb)]));
  }
  return String(value);
}
