import type { ColumnMetaData, Encoding, SchemaElement } from 'hyparquet';
import type { Column } from '../columns/columns.js';
import { Bytes, packBits } from './bytes.js';

// The values of one column in a row group, encoded as they come, so that what is held is what will be written: a text is
// never kept, and what is null costs nothing. Texts that come again and again make a dictionary.

/** After so many texts it is looked whether they come again. */
const SAMPLE = 1_000;
/** Distinct ones, at most: a larger dictionary is worth little. */
const MOST_DISTINCT = 32_768;
const DAY_LENGTH = '2026-01-31'.length;

/** What a group holds of a column. */
export interface EncodedColumn {
  /** The page of the dictionary; null for none. */
  readonly dictionary: { readonly bytes: Uint8Array; readonly count: number } | null;
  readonly page: Uint8Array;
  readonly encoding: Encoding;
  readonly statistics: NonNullable<ColumnMetaData['statistics']>;
}

/** What a column is in Parquet. */
export function elementOf({
  name,
  kind,
  required,
}: Column): SchemaElement & { readonly type: 'BOOLEAN' | 'INT32' | 'INT64' | 'BYTE_ARRAY' } {
  const element = { name, repetition_type: required ? 'REQUIRED' : 'OPTIONAL' } as const;
  if (kind === 'flag') return { ...element, type: 'BOOLEAN' };
  if (kind === 'integer') return { ...element, type: name === 'version' ? 'INT32' : 'INT64' };
  if (kind === 'time') {
    const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } as const;
    return { ...element, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', logical_type };
  }
  return { ...element, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
}

/** Takes the values of a column, which come in the order of their rows. */
export class ParquetColumn {
  readonly element: ReturnType<typeof elementOf>;
  readonly #present = new Bytes();
  readonly #plain = new Bytes();
  readonly #distinct = new Map<string, number>();
  #indexes = new Uint16Array(1_024);
  /** How many of them there are. */
  #indexed = 0;
  #usesDictionary: boolean;
  #count = 0;
  #least = Infinity;
  #most = -Infinity;
  #day = { text: '1970-01-01', ms: 0 };

  constructor(private readonly column: Column) {
    this.element = elementOf(column);
    this.#usesDictionary = this.#mayRepeat;
  }

  get #mayRepeat(): boolean {
    return this.column.kind === 'text';
  }

  /** @param row of the group, from 0 */
  add(row: number, value: unknown): void {
    if (value === null || value === undefined) return;
    if (!this.column.required) this.#present.setBit(row);
    switch (this.column.kind) {
      case 'text':
        this.#addText(value as string);
        break;
      case 'json':
        this.#plain.text(JSON.stringify(value));
        break;
      case 'flag':
        if (value === true) this.#plain.setBit(this.#count);
        break;
      case 'time':
        this.#addNumber(this.#msOf(value as string));
        break;
      case 'integer':
        this.#addNumber(value as number);
    }
    this.#count++;
  }

  /** What there is, of so many rows; then it begins anew. */
  take(rows: number): EncodedColumn {
    const values = this.#values();
    const page = this.column.required ? values.bytes : Buffer.concat([this.#levels(rows), values.bytes]);
    const hasBounds = this.#least <= this.#most;
    const bound = (value: number) => (this.element.type === 'INT32' ? value : BigInt(value));
    const statistics = {
      null_count: BigInt(rows - this.#count),
      ...(hasBounds && { min_value: bound(this.#least), max_value: bound(this.#most) }),
    };
    this.#begin();
    return { dictionary: values.dictionary, page, encoding: values.encoding, statistics };
  }

  #begin(): void {
    // A text that did not come again in this group is not looked for in the next one, nor the other way round.
    this.#present.clear();
    this.#plain.clear();
    this.#distinct.clear();
    [this.#count, this.#indexed, this.#least, this.#most] = [0, 0, Infinity, -Infinity];
    this.#usesDictionary = this.#mayRepeat;
  }

  #addText(text: string): void {
    if (!this.#usesDictionary) {
      this.#plain.text(text);
      return;
    }
    let index = this.#distinct.get(text);
    if (index === undefined) {
      index = this.#distinct.size;
      this.#distinct.set(text, index);
    }
    if (this.#indexed === this.#indexes.length) {
      const larger = new Uint16Array(2 * this.#indexed);
      larger.set(this.#indexes);
      this.#indexes = larger;
    }
    this.#indexes[this.#indexed++] = index;
    const isRare = this.#count === SAMPLE && this.#distinct.size > SAMPLE / 2;
    if (isRare || this.#distinct.size > MOST_DISTINCT) this.#leaveDictionary();
  }

  #leaveDictionary(): void {
    const texts = [...this.#distinct.keys()];
    for (let i = 0; i < this.#indexed; i++) this.#plain.text(texts[this.#indexes[i]!]!);
    this.#distinct.clear();
    this.#indexed = 0;
    this.#usesDictionary = false;
  }

  #addNumber(value: number): void {
    if (this.element.type === 'INT32') this.#plain.int32(value);
    else this.#plain.int64(value);
    if (value < this.#least) this.#least = value;
    if (value > this.#most) this.#most = value;
  }

  /** Of an event's `2026-01-31T12:00:00.000Z`: what is behind the day is counted here, as `Date` takes its time. */
  #msOf(text: string): number {
    if (!text.startsWith(this.#day.text)) {
      this.#day = { text: text.slice(0, DAY_LENGTH), ms: Date.parse(`${text.slice(0, DAY_LENGTH)}T00:00:00.000Z`) };
    }
    const number = (at: number) => 10 * text.charCodeAt(at) + text.charCodeAt(at + 1) - 11 * 48;
    const seconds = 3_600 * number(11) + 60 * number(14) + number(17);
    return this.#day.ms + 1_000 * seconds + 100 * (text.charCodeAt(20) - 48) + number(21);
  }

  #values(): {
    readonly bytes: Uint8Array;
    readonly encoding: Encoding;
    readonly dictionary: EncodedColumn['dictionary'];
  } {
    if (!this.#usesDictionary || this.#indexed === 0) {
      if (this.column.kind === 'flag') this.#plain.reach(Math.ceil(this.#count / 8));
      return { bytes: this.#plain.copy(), encoding: 'PLAIN', dictionary: null };
    }
    for (const text of this.#distinct.keys()) this.#plain.text(text);
    const width = Math.max(1, Math.ceil(Math.log2(this.#distinct.size)));
    const bytes = Buffer.concat([Uint8Array.of(width), packBits(this.#indexes.subarray(0, this.#indexed), width)]);
    const dictionary = { bytes: this.#plain.copy(), count: this.#distinct.size };
    return { bytes, encoding: 'RLE_DICTIONARY', dictionary };
  }

  /** Which rows have a value: as one run where all or none have, else a bit each. */
  #levels(rows: number): Uint8Array {
    const levels = new Bytes();
    if (this.#count === 0 || this.#count === rows) {
      levels.varint(rows * 2);
      levels.byte(this.#count === 0 ? 0 : 1);
    } else {
      const groups = Math.ceil(rows / 8);
      this.#present.reach(groups);
      levels.varint(groups * 2 + 1);
      levels.append(this.#present.copy());
    }
    const length = Buffer.alloc(4);
    length.writeUInt32LE(levels.length);
    return Buffer.concat([length, levels.copy()]);
  }
}
