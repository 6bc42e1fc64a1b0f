import type { Batch } from '#event-store';
import { EventFile, type EventFileOptions } from './event-file.js';
import { dayOf, type ExportedFile } from './file-name.js';
import type { Lines } from './job.js';

export interface ExportOptions extends Omit<EventFileOptions, 'day' | 'first'> {
  /** The first of the log that is not exported yet. */
  readonly next: number;
  readonly lines: Lines;
  readonly onFile: (file: ExportedFile, events: number) => void;
  /** Of one file. */
  readonly mostEvents: number;
}

/** Puts events into files: one or more for each day, each of the part of the log that begins where the last one ends. */
export class Exporter {
  private file: EventFile | null = null;
  private next: number;

  constructor(private readonly options: ExportOptions) {
    this.next = options.next;
  }

  /** Since when the file is being written that is, by the monotonic clock; null for none. */
  get since(): number | null {
    return this.file?.since ?? null;
  }

  async add({ selected }: Batch): Promise<void> {
    const { lines, mostEvents } = this.options;
    for (const each of selected) {
      const { seq, at } = each.record;
      const day = dayOf(at);
      if (this.file && (this.file.options.day !== day || this.file.events >= mostEvents)) await this.finish(seq - 1);
      this.file ??= await this.begin(day);
      if (each.event !== null) this.file.add(lines.of(each));
      else {
        lines.refuse(each);
        this.file.addUnreadable(seq);
      }
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

  private begin(day: string): Promise<EventFile> {
    const { dir, format, identity, erasedTo } = this.options;
    return EventFile.begin({ dir, format, identity, day, first: this.next, erasedTo });
  }
}
