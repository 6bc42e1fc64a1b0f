import { concerns, type EventType, type RecordedEvent, UnreadableEvent } from '#domain';
import { decodeRecord, type EventLog, type LogRecord } from '#event-store';
import { seqFrom, seqUntil } from './moment.js';
import { filterOf, type Selection } from './selection.js';

/** An event that is selected. Where it cannot be read it is null, and `fault` says why. */
export type Selected = { readonly record: LogRecord } & (
  { readonly event: RecordedEvent; readonly fault?: undefined } | { readonly event: null; readonly fault: string }
);

/** With a quarter of that a long reading takes a fifth longer. */
const AHEAD = 8_192;

/** Some of them, and how far the log is read. */
export interface Batch {
  readonly selected: readonly Selected[];
  /** The last sequence that was looked at. */
  readonly seq: number;
  /** The last one that there is to be looked at; null where it goes on and on. */
  readonly until: number | null;
}

export interface Reading {
  /** Goes on with what is stored from then on. */
  readonly follow?: boolean;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * What is selected of the log, each event once and in its order, also over a connection that gets lost. It only reads:
 * what it reads with at NATS is gone when it ends, or half a minute later. Texts that there is no key for are not there.
 * @throws LogUnavailable
 */
export async function* readSelected(
  log: Pick<EventLog, 'readAllowed' | 'lastSeq'>,
  selection: Selection,
  { follow = false, signal }: Reading = {},
): AsyncGenerator<Batch, void> {
  const filter = filterOf(selection);
  const from = selection.from ? await seqFrom(log, selection.from) : 1;
  const last = selection.until ? await seqUntil(log, selection.until) : Infinity;
  const until = follow ? null : Math.min(last, await log.lastSeq(filter));
  const isWanted = sieve(selection);
  const reading = { from, filter, follow, ahead: AHEAD, ...(until !== null && { until }), ...(signal && { signal }) };
  for await (const records of log.readAllowed(reading)) {
    const selected = records.map((record) => isWanted(record)).filter((each) => each !== null);
    yield { selected, seq: records.at(-1)!.seq, until };
  }
}

/**
 * What is left of a record: null for what is not meant. One that cannot be read is meant unless what can be seen of it
 * says otherwise. Ids are never sealed, so a body that does not hold the user's has nothing of them.
 */
function sieve({ types, user }: Selection): (record: LogRecord) => Selected | null {
  const named = user === undefined ? null : JSON.stringify(user);
  const isOther = ({ type }: LogRecord) => types !== undefined && type !== '' && !types.has(type as EventType);
  return (record) => {
    if (isOther(record) || (named !== null && !record.body.includes(named))) return null;
    try {
      const event = decodeRecord(record);
      return user === undefined || concerns(event, user) ? { record, event } : null;
    } catch (error) {
      if (error instanceof UnreadableEvent) return { record, event: null, fault: error.message };
      throw error;
    }
  };
}
