import type { EventLog, LetterPlace, LogRecord, StoredLetter } from '#event-store';

/** A letter as it is told of: a line of `chatctl dead-letters list --json`. */
export interface ToldLetter extends LetterPlace {
  readonly reason: string;
  /** When it was put aside, ISO 8601. */
  readonly at: string;
  /** The type of the event, as the record says; null where the log has no such record. */
  readonly type: string | null;
}

/** Of all projections, in the order they were put aside. @throws LogUnavailable */
export async function* toldLetters(log: EventLog): AsyncGenerator<ToldLetter, void> {
  for await (const letter of log.letters.all()) yield toldWith(letter, await log.recordAt(letter.seq));
}

/** One of them, with its record; null where there is none. @throws LogUnavailable */
export async function letterWithRecord(
  log: EventLog,
  place: LetterPlace,
): Promise<(ToldLetter & { readonly record: LogRecord | null }) | null> {
  const letter = await log.letters.at(place);
  if (!letter) return null;
  const record = await log.recordAt(letter.seq);
  return { ...toldWith(letter, record), record };
}

function toldWith({ projection, partition, seq, reason, at }: StoredLetter, record: LogRecord | null): ToldLetter {
  return { projection, partition, seq, reason, at: new Date(at).toISOString(), type: record?.type ?? null };
}
