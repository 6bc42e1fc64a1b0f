import type { Duckdb, Value } from './duckdb.js';

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
