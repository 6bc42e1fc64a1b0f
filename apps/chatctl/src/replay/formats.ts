import { authorOf, type EventType, type RecordedEvent } from '#domain';
import { type LogRecord, recordLine } from '#event-store';
import { columnsOf, csvHead, csvLine } from '../columns/columns.js';
import { plain } from '../output.js';

/** How events are printed. */
export interface Format {
  /** What stands above them; may be empty. */
  readonly head: string;
  /** One, with its line end. */
  readonly row: (event: RecordedEvent, record: LogRecord) => string;
}

export const formats = ['ndjson', 'csv', 'table'] as const;
export type FormatName = (typeof formats)[number];

/** @param types those that may come, which the columns of CSV go by */
export function formatNamed(name: FormatName, types?: ReadonlySet<EventType>): Format {
  switch (name) {
    case 'ndjson':
      return { head: '', row: (event, record) => `${JSON.stringify(recordLine(event, record))}\n` };
    case 'csv': {
      const columns = columnsOf(types);
      return { head: csvHead(columns), row: (event, record) => csvLine(recordLine(event, record), columns) };
    }
    case 'table':
      return {
        head: tableRow(['seq', 'at', 'type', 'room', 'by', 'what']),
        row: (...of) => tableRow(tableCells(...of)),
      };
  }
}

/** Of columns that are known before what is in them: longer cells push the others on. */
const WIDTHS = [9, 24, 15, 16, 10];

const tableRow = (cells: readonly string[]): string =>
  `${cells
    .map((cell, i) => (i === 0 ? cell.padStart(WIDTHS[0]!) : cell.padEnd(WIDTHS[i] ?? 0)))
    .join('  ')
    .trimEnd()}\n`;

/** What others wrote is shown so that it cannot do anything to a terminal. */
function tableCells(event: RecordedEvent, record: LogRecord): string[] {
  const line = recordLine(event, record);
  const { seq, at, type, version: _v, room, storedAt: _s, id: _i, erased, sealed, ...fields } = line;
  const what = Object.entries(fields).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const gone = erased === true ? ['erased'] : sealed === true ? ['sealed'] : [];
  return [String(seq), at, type, room, authorOf(event) ?? '', [...gone, ...what].join(', ')].map(plain);
}
