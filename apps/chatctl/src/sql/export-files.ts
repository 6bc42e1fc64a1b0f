import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../usage.js';
import type { FileFormat } from './events.js';

export interface ExportFiles {
  readonly format: FileFormat;
  /** In the order of the log. */
  readonly paths: readonly string[];
}

const DAY = /^day=\d{4}-\d\d-\d\d$/;
const FILE = /^events-\d{15}-\d{15}\.(parquet|csv|ndjson)$/;

/** The files of the export in a folder. @throws UsageError where there is none, or several mixed */
export function filesOfExport(dir: string): ExportFiles {
  const found = namesIn(dir)
    .filter((name) => DAY.test(name))
    .flatMap((day) => namesIn(join(dir, day)).map((name) => [resolve(dir, day, name), FILE.exec(name)?.[1]] as const))
    .filter(([, format]) => format !== undefined);
  const formats = [...new Set(found.map(([, format]) => format as FileFormat))];
  const [format, other] = formats;
  if (format === undefined) {
    throw new UsageError(
      `there is no export in ${dir}: make one with \`chatctl export ${dir}\`, or leave out --export`,
    );
  }
  if (other !== undefined) {
    throw new UsageError(
      `the files in ${dir} are of several formats, ${formats.join(' and ')}: keep one export a folder`,
    );
  }
  return { format, paths: found.map(([path]) => path).toSorted() };
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    throw new UsageError(`${dir} cannot be read: ${(error as Error).message}`);
  }
}
