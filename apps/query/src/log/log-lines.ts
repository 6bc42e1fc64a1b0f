import {
  type Batch,
  type EventLog,
  readSelected,
  recordLine,
  type Selected,
  type Selection,
  seqOfLast,
} from '#event-store';
import type { ToldFolds } from './told-folds.js';

/** So often whoever waits hears that it goes on. Milliseconds. */
const PROGRESS_MS = 5_000;

/** The part of the log that is meant, from a sequence on, or the last so many up to one. */
export type LogPart = Omit<Selection, 'from'> & {
  readonly from: { readonly seq: number } | { readonly last: number; readonly end: number };
};

export interface LinesOptions {
  readonly follow: boolean;
  /** After so many events it ends. */
  readonly limit: number;
  /** That events are folded, told between them. */
  readonly folds: ToldFolds | null;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  readonly progressMs?: number;
}

/**
 * The events of a selection, a line of JSON each, some lines a piece. In between, and as the first, a line says how far
 * the log is read, null where it is looked for where the last ones begin; where it does not follow, the last line says
 * that this is the end. What it reads with is released when it ends, however that is.
 * @throws LogUnavailable
 */
export async function* logLines(
  log: Pick<EventLog, 'readAllowed' | 'lastSeq'>,
  part: LogPart,
  { follow, limit, folds, signal, progressMs = PROGRESS_MS }: LinesOptions,
): AsyncGenerator<string, void> {
  const left = new AbortController();
  const ends = AbortSignal.any([signal, left.signal]);
  let read = 'seq' in part.from ? part.from.seq - 1 : null;
  const begin = (seq: number) => (read = seq - 1);
  const batches = batchesOf(log, part, { follow, signal: ends }, begin);
  const bell = new Bell();
  const comes = () => new Coming(batches, bell);
  folds?.onTold(() => {
    bell.ring();
  });
  let told = 0;
  try {
    let coming = comes();
    yield progressLine(read);
    while (told < limit) {
      await bell.rings(progressMs);
      if (signal.aborted) return;
      const folded = (folds?.take() ?? []).map(lineOf).join('');
      const batch = coming.taken();
      if (batch === null) {
        yield folded === '' ? progressLine(read) : folded;
        continue;
      }
      if (batch.done) break;
      const events = batch.value.selected.slice(0, limit - told);
      told += events.length;
      read = told < limit ? batch.value.seq : events.at(-1)!.record.seq;
      coming = comes();
      yield events.map(eventLineOf).join('') + folded + (events.length > 0 ? '' : progressLine(read));
    }
    if ((!follow || told >= limit) && !signal.aborted) yield lineOf({ end: true, seq: read });
  } finally {
    left.abort();
    await batches.return();
  }
}

/** @param begin is told where it begins */
async function* batchesOf(
  log: Pick<EventLog, 'readAllowed' | 'lastSeq'>,
  { from, ...part }: LogPart,
  reading: { readonly follow: boolean; readonly signal: AbortSignal },
  begin: (seq: number) => void,
): AsyncGenerator<Batch, void> {
  const { signal } = reading;
  const seq = 'seq' in from ? from.seq : await seqOfLast(log, part, { count: from.last, end: from.end, signal });
  begin(seq);
  yield* readSelected(log, { ...part, from: { seq } }, reading);
}

/** What was asked for and comes some time. */
class Coming<T> {
  #result: IteratorResult<T, void> | null = null;
  #fault: { readonly error: unknown } | null = null;

  constructor(from: AsyncIterator<T, void>, bell: Bell) {
    from.next().then(
      (result) => {
        this.#result = result;
        bell.ring();
      },
      (error: unknown) => {
        this.#fault = { error };
        bell.ring();
      },
    );
  }

  /** Null where it has not come yet. */
  taken(): IteratorResult<T, void> | null {
    if (this.#fault) throw this.#fault.error;
    return this.#result;
  }
}

/** Several may ring, one waits. To race promises that wait for hours would keep something for each race. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async rings(limitMs: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    this.#rung = false;
  }
}

const lineOf = (line: object): string => `${JSON.stringify(line)}\n`;

const progressLine = (seq: number | null): string => lineOf({ progress: true, seq });

function eventLineOf({ record, event, fault }: Selected): string {
  const { seq, type, version, room, partition } = record;
  if (event) return lineOf({ ...recordLine(event, record), partition });
  return lineOf({
    seq,
    type,
    version,
    room,
    storedAt: new Date(record.at).toISOString(),
    partition,
    unreadable: fault,
  });
}
