import type { EventLine } from '#domain';
import { type EventLog, recordLine, type Selected, type Selection } from '#event-store';
import type { Surroundings } from '../command.js';
import { plain } from '../output.js';
import type { Anonymizer } from './anonymizer.js';
import type { FileFormat } from './file-name.js';
import type { Identity } from './manifest.js';

/** What is exported, whereto and how. */
export interface Job {
  readonly log: EventLog;
  readonly dir: string;
  readonly selection: Selection;
  readonly format: FileFormat;
  readonly anonymizer: Anonymizer | null;
  readonly surroundings: Surroundings;
}

export async function identityOf({ log, selection, anonymizer }: Job): Promise<Identity> {
  const selected = textOf(selection);
  return {
    log: await log.identity(),
    // Ids stand in it.
    selection: anonymizer && selected !== '{}' ? anonymizer.hash('selection', selected) : selected,
    anonymized: anonymizer?.fingerprint ?? '',
  };
}

/** What is selected, but for both ends: the same for the same, however it was said. */
const textOf = ({ room, user, types }: Selection): string =>
  JSON.stringify({ ...(room && { room }), ...(user && { user }), ...(types && { types: [...types].toSorted() }) });

/** Makes lines of what is read, and says what cannot be read, and of how many the texts are not there. */
export class Lines {
  unreadable = 0;
  private sealed = 0;

  constructor(private readonly job: Pick<Job, 'anonymizer' | 'surroundings'>) {}

  of({ event, record }: Selected & { readonly fault?: undefined }): EventLine {
    const { anonymizer } = this.job;
    const sealed = record.texts === null;
    if (sealed && record.erased !== true && !anonymizer) this.sealed++;
    const line = recordLine(event, record);
    return anonymizer ? anonymizer.line(line) : line;
  }

  refuse({ record: { seq, type, version, room, kind }, fault }: Selected & { readonly event: null }): void {
    this.unreadable++;
    const what = type === '' ? kind : `${type} version ${version}`;
    const { progress } = this.job.surroundings;
    progress.write(`event ${seq} (${plain(`${what}, ${room ?? 'no room'}`)}): ${plain(fault)}\n`);
  }

  /** @returns the exit status that they make */
  sayInTheEnd(): 0 | 1 {
    const { progress } = this.job.surroundings;
    if (this.unreadable > 0) progress.write(`${this.unreadable} events cannot be read\n`);
    if (this.sealed > 0)
      progress.write(`the texts of ${this.sealed} events are sealed, and there is no key for them here\n`);
    return this.unreadable > 0 ? 1 : 0;
  }
}
