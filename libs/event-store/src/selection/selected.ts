import {
  concerns,
  eventLine,
  type EventLine,
  type EventType,
  type Kind,
  kindOf,
  type RecordedEvent,
  type Room,
  UnreadableEvent,
} from '#domain';
import type { EventLog } from '../event-log.js';
import { decodeRecord, type LogRecord } from '../log-record.js';
import type { LogFilter } from '../subjects.js';

/** A point of the log: a sequence, or a time by the log's own clock, ms since 1970. */
export type Moment = { readonly seq: number } | { readonly time: number };

/** The last sequence of the log by then; 0 for none. @throws LogUnavailable */
export async function seqUntil(log: Pick<EventLog, 'lastSeq'>, moment: Moment): Promise<number> {
  return 'seq' in moment ? moment.seq : log.lastSeq({}, moment.time);
}

/** The first sequence from then on, there or to come. @throws LogUnavailable */
export async function seqFrom(log: Pick<EventLog, 'lastSeq'>, moment: Moment): Promise<number> {
  return 'seq' in moment ? moment.seq : (await log.lastSeq({}, moment.time - 1)) + 1;
}

/** Which part of the log somebody means. */
export interface Selection {
  /** From the first event where it is not given. */
  readonly from?: Moment;
  /** Up to the end, as of when the reading begins. */
  readonly until?: Moment;
  readonly room?: Room;
  /** Whose doing it is, or whom it is about. */
  readonly user?: string;
  readonly types?: ReadonlySet<EventType>;
}

/** What the server sorts out: one wildcard, since it serves a list of subjects many times slower than all that there is. */
export function filterOf({ room, types: wanted }: Pick<Selection, 'room' | 'types'>): LogFilter {
  const kinds = new Set<Kind>([...(wanted ?? [])].map(kindOf));
  const [kind] = kinds;
  return { ...(room && { room }), ...(kinds.size === 1 && kind && { kind }) };
}

/** An event that is selected. Where it cannot be read it is null, and `fault` says why. */
export type Selected = { readonly record: LogRecord } & (
  { readonly event: RecordedEvent; readonly fault?: undefined } | { readonly event: null; readonly fault: string }
);

/** An event as whoever reads the log is given it, see {@link eventLine}. */
export const recordLine = (event: RecordedEvent, { at, texts }: LogRecord): EventLine =>
  eventLine(event, { storedAt: at, sealed: texts === null });

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
  const reading = {
    from,
    filter,
    follow,
    apart: true,
    ahead: AHEAD,
    ...(until !== null && { until }),
    ...(signal && { signal }),
  };
  for await (const records of log.readAllowed(reading)) {
    const selected = records.map((record) => isWanted(record)).filter((each) => each !== null);
    yield { selected, seq: records.at(-1)!.seq, until };
  }
}

/** So far back the last events of a selection are looked for, in sequences of the log. */
const BACK_AT_MOST = 1_000_000;

export interface Looking {
  /** How many, of the last. */
  readonly count: number;
  /** Up to this sequence of the log. */
  readonly end: number;
  readonly signal?: AbortSignal;
}

/**
 * From which sequence on the last so many events of a selection are; fewer where it has no more of them within the last
 * million sequences. None of these is read twice.
 * @throws LogUnavailable, the reason of the signal once that is aborted
 */
export async function seqOfLast(
  log: Pick<EventLog, 'readAllowed' | 'lastSeq'>,
  selection: Omit<Selection, 'from' | 'until'>,
  { count, end, signal }: Looking,
): Promise<number> {
  const lowest = Math.max(1, end - BACK_AT_MOST + 1);
  let [first, missing, to] = [end + 1, count, end];
  for (let back = 4 * count; missing > 0 && to >= lowest; back *= 4) {
    const from = Math.max(lowest, end - back + 1);
    const seqs: number[] = [];
    const part = { ...selection, from: { seq: from }, until: { seq: to } };
    for await (const { selected } of readSelected(log, part, signal ? { signal } : {})) {
      seqs.push(...selected.map(({ record }) => record.seq));
      if (seqs.length > missing) seqs.splice(0, seqs.length - missing);
    }
    signal?.throwIfAborted();
    first = seqs[0] ?? first;
    missing -= seqs.length;
    to = from - 1;
  }
  return first;
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
