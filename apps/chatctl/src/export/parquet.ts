import type { SchemaElement } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { parquetMetadataAsync } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { EventLine } from '#domain';
import { type Column, valueIn } from '../columns/columns.js';
import type { Metadata, Rows } from './rows.js';

/** Rows that are encoded together: what is held in memory of a file. */
const GROUP = 50_000;

/** Events as Parquet, a row group at a time. */
export class ParquetRows implements Rows {
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  #values: unknown[][];
  #rows = 0;

  constructor(private readonly columns: readonly Column[]) {
    const schema = [{ name: 'events', num_children: columns.length }, ...columns.map(elementOf)];
    this.#writer = new ParquetWriter({ writer: this.#bytes, schema, createdBy: 'parley' });
    this.#values = columns.map(() => []);
  }

  add(line: EventLine): void {
    for (const [i, column] of this.columns.entries()) this.#values[i]!.push(valueOf(line, column));
    this.#rows++;
  }

  take(): Uint8Array | null {
    if (this.#rows < GROUP) return null;
    this.#encode();
    return this.#taken();
  }

  end(metadata: Metadata): Uint8Array {
    if (this.#rows > 0) this.#encode();
    this.#writer.kvMetadata = Object.entries(metadata).map(([key, value]) => ({ key, value }));
    void this.#writer.finish();
    return this.#taken();
  }

  #encode(): void {
    const columnData = this.columns.map(({ name, kind }, i) => ({
      ...{ name, data: this.#values[i]!, statistics: kind !== 'text' && kind !== 'json' },
    }));
    void this.#writer.write({ columnData, rowGroupSize: this.#rows });
    this.#values = this.columns.map(() => []);
    this.#rows = 0;
  }

  #taken(): Uint8Array {
    const bytes = Uint8Array.from(this.#bytes.getBytes());
    this.#bytes.index = 0;
    return bytes;
  }
}

/** What a column is in Parquet. */
function elementOf({ name, kind, required }: Column): SchemaElement {
  const repetition_type = required ? 'REQUIRED' : 'OPTIONAL';
  const element = { name, repetition_type } as const;
  if (kind === 'flag') return { ...element, type: 'BOOLEAN' };
  if (kind === 'integer') return { ...element, type: name === 'version' ? 'INT32' : 'INT64' };
  if (kind !== 'time')
    return { ...element, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
  const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } as const;
  return { ...element, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', logical_type };
}

function valueOf(line: EventLine, column: Column): unknown {
  const value = valueIn(line, column) ?? null;
  if (value === null) return null;
  if (column.kind === 'json') return JSON.stringify(value);
  if (column.kind === 'time') return BigInt(Date.parse(value as string));
  return column.kind === 'integer' && column.name !== 'version' ? BigInt(value as number) : value;
}

/** What a file says of itself. @throws where it is none of Parquet */
export async function parquetMetadataIn(file: string): Promise<Metadata> {
  const { key_value_metadata: pairs = [] } = await parquetMetadataAsync(await asyncBufferFromFile(file));
  return Object.fromEntries(pairs.map(({ key, value = '' }) => [key, value]));
}
