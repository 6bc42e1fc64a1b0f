// What the files of an export are called: `day=2026-01-31/events-000000000000001-000000000001000.parquet`. The name says
// of which part of the log a file is, so that one can see that none is missing.

export const fileFormats = ['parquet', 'csv', 'ndjson'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** A part of the log, both ends in it. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** A file of an export. */
export interface ExportedFile extends Range {
  /** Of all events in it, by the log's clock, in UTC. */
  readonly day: string;
  readonly format: FileFormat;
}

const DIGITS = 15;
const NAME = /^events-(\d{15})-(\d{15})\.(parquet|csv|ndjson)$/;

/** What is being written: nobody's until it has its name. */
const PART = /^\._?events-.*\.part$/;

const DAY_MS = 86_400_000;
let told = { number: 0, day: '1970-01-01' };

/** In UTC. */
export function dayOf(storedAt: number): string {
  const number = Math.floor(storedAt / DAY_MS);
  if (number !== told.number) told = { number, day: new Date(storedAt).toISOString().slice(0, 10) };
  return told.day;
}

export const folderOfDay = (day: string): string => `day=${day}`;

export const dayOfFolder = (name: string): string | null => /^day=(\d{4}-\d\d-\d\d)$/.exec(name)?.[1] ?? null;

const padded = (seq: number): string => String(seq).padStart(DIGITS, '0');

export const fileName = ({ first, last, format }: Omit<ExportedFile, 'day'>): string =>
  `events-${padded(first)}-${padded(last)}.${format}`;

/** What is known of it beside: readers of data take what begins so for none. */
export const manifestName = ({ first, last }: Range): string => `_events-${padded(first)}-${padded(last)}.json`;

export const partName = (first: number): string => `.events-${padded(first)}.part`;

export const isPart = (name: string): boolean => PART.test(name);

/** Null for what is none. */
export function fileNamed(day: string, name: string): ExportedFile | null {
  const [, first, last, format] = NAME.exec(name) ?? [];
  return format === undefined ? null : { day, first: Number(first), last: Number(last), format: format as FileFormat };
}

/** From the folder of the export. */
export const pathOf = (file: ExportedFile): string => `${folderOfDay(file.day)}/${fileName(file)}`;
