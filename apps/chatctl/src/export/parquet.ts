import { constants, zstdCompressSync } from 'node:zlib';
import { type ColumnChunk, type PageHeader, parquetMetadataAsync, type RowGroup } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { EventLine } from '#domain';
import type { Column } from '../columns/columns.js';
import { type EncodedColumn, ParquetColumn } from './parquet-column.js';
import type { Metadata, Rows } from './rows.js';

/** Rows that are encoded together: what is held in memory of a file. */
const GROUP = 50_000;
const MAGIC = Buffer.from('PAR1');

/** Events as Parquet, a row group at a time: the head of each page and the end of the file by hyparquet-writer. */
export class ParquetRows implements Rows {
  readonly #columns: readonly ParquetColumn[];
  /** By the name of the field; of one that holds others, by theirs. */
  readonly #fields = new Map<string, ParquetColumn | Map<string, ParquetColumn>>();
  readonly #groups: RowGroup[] = [];
  #written: Uint8Array[] = [MAGIC];
  #offset = MAGIC.length;
  #rows = 0;
  #allRows = 0;

  constructor(columns: readonly Column[]) {
    this.#columns = columns.map((column) => {
      const { outer, inner } = column;
      const own = new ParquetColumn(column);
      if (inner === null) this.#fields.set(outer, own);
      else
        this.#fields.set(outer, ((this.#fields.get(outer) ?? new Map()) as Map<string, ParquetColumn>).set(inner, own));
      return own;
    });
  }

  add(line: EventLine): void {
    for (const name in line) {
      const field = this.#fields.get(name);
      if (field instanceof ParquetColumn) field.add(this.#rows, line[name]);
      else if (field) this.#addInner(field, line[name] as Record<string, unknown> | null);
    }
    this.#rows++;
  }

  take(): Uint8Array | null {
    if (this.#rows < GROUP) return null;
    this.#endGroup();
    return this.#taken();
  }

  end(metadata: Metadata): Uint8Array {
    if (this.#rows > 0) this.#endGroup();
    const writer = new ByteWriter();
    const elements = this.#columns.map(({ element }) => element);
    writeMetadata(writer, {
      ...{ version: 2, created_by: 'parley', num_rows: BigInt(this.#allRows), row_groups: this.#groups },
      schema: [{ name: 'events', num_children: elements.length }, ...elements],
      key_value_metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      // Not written: the writer says itself how long it is.
      metadata_length: 0,
    });
    this.#write(writer.getBytes());
    this.#write(MAGIC);
    return this.#taken();
  }

  #addInner(fields: ReadonlyMap<string, ParquetColumn>, value: Record<string, unknown> | null): void {
    for (const name in value) fields.get(name)?.add(this.#rows, value[name]);
  }

  #endGroup(): void {
    const [rows, begun] = [this.#rows, this.#offset];
    const columns = this.#columns.map((column) => this.#writeColumn(column, column.take(rows)));
    this.#groups.push({ columns, total_byte_size: BigInt(this.#offset - begun), num_rows: BigInt(rows) });
    this.#allRows += rows;
    this.#rows = 0;
  }

  #writeColumn({ element }: ParquetColumn, { dictionary, page, encoding, statistics }: EncodedColumn): ColumnChunk {
    const begun = this.#offset;
    const num_values = this.#rows;
    const plain = { encoding: 'PLAIN', num_values: dictionary?.count ?? 0 } as const;
    const ofDictionary =
      dictionary && this.#writePage('DICTIONARY_PAGE', dictionary.bytes, { dictionary_page_header: plain });
    const dataAt = this.#offset;
    const levels = { definition_level_encoding: 'RLE', repetition_level_encoding: 'RLE' } as const;
    const ofData = this.#writePage('DATA_PAGE', page, { data_page_header: { num_values, encoding, ...levels } });
    return {
      file_offset: BigInt(begun),
      meta_data: {
        ...{ type: element.type, path_in_schema: [element.name], codec: 'ZSTD', num_values: BigInt(num_values) },
        encodings: [...new Set([encoding, 'PLAIN', 'RLE'] as const)],
        total_uncompressed_size: BigInt((ofDictionary ?? 0) + ofData),
        total_compressed_size: BigInt(this.#offset - begun),
        data_page_offset: BigInt(dataAt),
        ...(dictionary && { dictionary_page_offset: BigInt(begun) }),
        statistics,
      },
    };
  }

  /** @returns how long it is uncompressed, with its head */
  #writePage(type: PageHeader['type'], bytes: Uint8Array, more: Partial<PageHeader>): number {
    const compressed = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    const head = new ByteWriter();
    const sizes = { uncompressed_page_size: bytes.length, compressed_page_size: compressed.length };
    writePageHeader(head, { type, ...sizes, ...more });
    this.#write(head.getBytes());
    this.#write(compressed);
    return head.offset + bytes.length;
  }

  #write(bytes: Uint8Array): void {
    this.#written.push(bytes);
    this.#offset += bytes.length;
  }

  #taken(): Uint8Array {
    const bytes = Buffer.concat(this.#written);
    this.#written = [];
    return bytes;
  }
}

/** What a file says of itself. @throws where it is none of Parquet */
export async function parquetMetadataIn(file: string): Promise<Metadata> {
  const { key_value_metadata: pairs = [] } = await parquetMetadataAsync(await asyncBufferFromFile(file));
  return Object.fromEntries(pairs.map(({ key, value = '' }) => [key, value]));
}
