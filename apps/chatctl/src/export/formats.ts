import type { EventLine } from '#domain';
import { columnsOf } from '../columns/columns.js';
import { csvHead, csvLine } from '../columns/csv.js';
import type { FileFormat } from './file-name.js';
import { ParquetRows } from './parquet.js';
import type { Rows } from './rows.js';

/** How the files of a format are written. */
export const rowsFor = (format: FileFormat): Rows => {
  if (format === 'parquet') return new ParquetRows(columns);
  return format === 'csv'
    ? new TextRows(csvHead(columns), (line) => csvLine(line, columns))
    : new TextRows('', (line) => `${JSON.stringify(line)}\n`);
};

/** Those of all types, so that all files of all exports fit each other. */
const columns = columnsOf();

const ENOUGH = 1 << 18;

/** Lines of text; what is known of the file is in its manifest alone. */
class TextRows implements Rows {
  constructor(
    private text: string,
    private readonly row: (line: EventLine) => string,
  ) {}

  add(line: EventLine): void {
    this.text += this.row(line);
  }

  take(): Uint8Array | null {
    return this.text.length < ENOUGH ? null : this.rest();
  }

  end(): Uint8Array {
    return this.rest();
  }

  private rest(): Uint8Array {
    const bytes = Buffer.from(this.text);
    this.text = '';
    return bytes;
  }
}
