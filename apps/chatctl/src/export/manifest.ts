import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationRefused } from '#domain';
import { type ExportedFile, folderOfDay, manifestName, pathOf, type Range } from './file-name.js';
import { parquetMetadataIn } from './parquet.js';
import type { Metadata } from './rows.js';
import { writeWhole } from './whole-file.js';

/** What an export is of, the same for all of its files. */
export interface Identity {
  /** The stream, and when it was made: another log begins at 1 as well. */
  readonly log: string;
  /** What is selected of it, but for both ends. */
  readonly selection: string;
  /** With which key ids are replaced; empty where they are not. */
  readonly anonymized: string;
}

/** What is known of one file beside it. */
export interface Manifest {
  readonly metadata: Metadata;
  readonly events: number;
  /** Everybody whose id is in it, as it stands there. */
  readonly users: readonly string[];
  /** Of whom there are texts, names or avatars in it. */
  readonly texts: readonly string[];
  /** Up to which event of the log all erasures were known when it was written. */
  readonly erasedTo: number;
  /** Events that could not be read, and are not in it. */
  readonly unreadable: readonly number[];
}

const FORMAT = '1';

export const metadataOf = ({ first, last }: Range, { log, selection, anonymized }: Identity): Metadata => ({
  'parley.format': FORMAT,
  'parley.first_seq': String(first),
  'parley.last_seq': String(last),
  'parley.log': log,
  'parley.selection': selection,
  'parley.anonymized': anonymized,
});

export const identityIn = (metadata: Metadata): Identity => ({
  log: metadata['parley.log'] ?? '',
  selection: metadata['parley.selection'] ?? '',
  anonymized: metadata['parley.anonymized'] ?? '',
});

export const writeManifest = (dir: string, file: ExportedFile, manifest: Manifest): Promise<void> =>
  writeWhole(join(dir, folderOfDay(file.day)), manifestName(file), `${JSON.stringify(manifest)}\n`);

/** Null where there is none, or what is there is none. @throws OperationRefused where it cannot be read */
export const readManifest = (dir: string, file: ExportedFile): Promise<Manifest | null> => {
  const path = `${folderOfDay(file.day)}/${manifestName(file)}`;
  return readable(path, async () => JSON.parse(await readFile(join(dir, path), 'utf8')) as Manifest);
};

/** Null for a file that is not what it should be. One that the system does not let be read may be what it should. */
async function readable<T>(path: string, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined || code === 'ENOENT') return null;
    throw new OperationRefused(`${path} cannot be read: ${message}`);
  }
}

/** What a file says of itself, or, where it cannot, what stands beside it. @throws OperationRefused */
export async function readMetadata(dir: string, file: ExportedFile): Promise<Metadata> {
  const path = pathOf(file);
  const metadata =
    file.format === 'parquet'
      ? await readable(path, () => parquetMetadataIn(join(dir, path)))
      : ((await readManifest(dir, file))?.metadata ?? null);
  const isWhole =
    metadata?.['parley.first_seq'] === String(file.first) && metadata['parley.last_seq'] === String(file.last);
  if (isWhole && metadata['parley.format'] === FORMAT) return metadata;
  throw new OperationRefused(
    `${path} does not say what it is of: it is not as an export wrote it. Take it away with the files after it, which ` +
      'are then written anew, or export into another folder',
  );
}
