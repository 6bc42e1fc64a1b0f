import type { EventLine } from '#domain';
import type { Batch, Selected } from '../selection/selected.js';
import { EventFile, type EventFileOptions } from './event-file.js';
import { dayOf, type ExportedFile } from './file-name.js';

/** Rows of one file, at most: so much is done again where a run is killed. */
const MOST_EVENTS = 1_000_000;

export interface ExportOptions extends Omit<EventFileOptions, 'day' | 'first'> {
  /** The first of the log that is not exported yet. */
  readonly next: number;
  readonly lineOf: (selected: Selected & { readonly fault?: undefined }) => EventLine;
  readonly onFile: (file: ExportedFile, events: number) => void;
  readonly onUnreadable: (selected: Selected & { readonly event: null }) => void;
  readonly mostEvents?: number;
}

/** Puts events into files: one or more for each day, each of the part of the log that begins where the last one ends. */
export class Exporter {
  private file: EventFile | null = null;
  /** What could not be read since the last file. */
  private unreadable: number[] = [];
  private next: number;

  constructor(private readonly options: ExportOptions) {
    this.next = options.next;
  }

  /** Since when the file is being written that is, by the monotonic clock; null for none. */
  get since(): number | null {
    return this.file?.since ?? null;
  }

  async add({ selected }: Batch): Promise<void> {
    const most = this.options.mostEvents ?? MOST_EVENTS;
    for (const each of selected) {
      const { record } = each;
      if (each.event === null) {
        this.options.onUnreadable(each);
        if (this.file) this.file.addUnreadable(record.seq);
        else this.unreadable.push(record.seq);
        continue;
      }
      const day = dayOf(record.at);
      if (this.file && (this.file.options.day !== day || this.file.events >= most)) await this.finish(record.seq - 1);
      this.file ??= await this.begin(day);
      this.file.add(this.options.lineOf(each));
    }
    await this.file?.drain();
  }

  /** Ends the file that is being written, if there is one: `last` is how far the log was looked at. */
  async finish(last: number): Promise<void> {
    if (!this.file) return;
    const { file } = this;
    this.file = null;
    this.options.onFile(await file.finish(last), file.events);
    this.next = last + 1;
  }

  /** Leaves nothing of the file that is being written. */
  async drop(): Promise<void> {
    await this.file?.drop();
    this.file = null;
  }

  private async begin(day: string): Promise<EventFile> {
    const { dir, format, identity, erasedTo } = this.options;
    const file = await EventFile.begin({ dir, format, identity, day, first: this.next, erasedTo });
    for (const seq of this.unreadable) file.addUnreadable(seq);
    this.unreadable = [];
    return file;
  }
}
