import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EventLine, personsTexts } from '#domain';
import { columnsOf, csvHead, csvLine } from '../columns/columns.js';
import { type ExportedFile, type FileFormat, fileName, folderOfDay, partName } from './file-name.js';
import { type Identity, type Manifest, metadataOf, writeManifest } from './manifest.js';
import { addPeople } from './people.js';
import { ParquetRows } from './parquet.js';
import { type Rows, TextRows } from './rows.js';
import { WholeFile } from './whole-file.js';

export interface EventFileOptions {
  readonly dir: string;
  readonly format: FileFormat;
  readonly identity: Identity;
  readonly day: string;
  /** The first of the log that it is of. */
  readonly first: number;
  /** Up to which event of the log all erasures were known before anything that is put in it was read. */
  readonly erasedTo: number;
}

/** How the files of a format are written. */
export const rowsFor = (format: FileFormat): Rows => {
  if (format === 'parquet') return new ParquetRows(columns);
  return format === 'csv'
    ? new TextRows(csvHead(columns), (line) => csvLine(line, columns))
    : new TextRows('', (line) => `${JSON.stringify(line)}\n`);
};

/** Those of all types, so that all files of all exports fit each other. */
const columns = columnsOf();

/** One file of an export while it is written. */
export class EventFile {
  events = 0;
  readonly since = performance.now();
  private readonly users = new Set<string>();
  /** Of whom there are texts in it. */
  readonly texts = new Set<string>();
  private readonly unreadable: number[] = [];

  private constructor(
    readonly options: EventFileOptions,
    private readonly file: WholeFile,
    private readonly rows: Rows,
  ) {}

  static async begin(options: EventFileOptions): Promise<EventFile> {
    const { dir, day, first, format } = options;
    const file = await WholeFile.begin(join(dir, folderOfDay(day)), partName(first));
    return new EventFile(options, file, rowsFor(format));
  }

  add(line: EventLine): void {
    this.rows.add(line);
    this.events++;
    addPeople(line, this.users);
    const person = personsTexts(line);
    if (person !== null) this.texts.add(person);
  }

  addUnreadable(seq: number): void {
    this.unreadable.push(seq);
  }

  /** Writes what there is enough of. */
  async drain(): Promise<void> {
    const bytes = this.rows.take();
    if (bytes) await this.file.write(bytes);
  }

  /**
   * @param last of the log that it is of
   * @param isAnew whether it takes the place of one that is there
   */
  async finish(last: number, isAnew = false): Promise<ExportedFile> {
    const { dir, day, first, format, identity, erasedTo } = this.options;
    const file = { day, first, last, format };
    const metadata = metadataOf(file, identity);
    await this.file.write(this.rows.end(metadata));
    const manifest: Manifest = {
      ...{ metadata, events: this.events, users: [...this.users], texts: [...this.texts], erasedTo },
      unreadable: this.unreadable,
    };
    // Whatever a kill comes between: a new file is there with all that is known of it or not at all, and what is known of
    // one that was written anew is never more than what was done.
    if (!isAnew) await writeManifest(dir, file, manifest);
    await this.file.finish(fileName(file));
    if (isAnew) await writeManifest(dir, file, manifest);
    return file;
  }

  /** As if it had never been begun. */
  async drop(): Promise<void> {
    const { dir, day, first } = this.options;
    await this.file.close();
    await rm(join(dir, folderOfDay(day), partName(first)), { force: true });
  }
}
