import { type Kind, type RecordedEvent, type Room, roomKind } from '#domain';
import { type EventLog, type LogRecord, readableEvent } from '#event-store';

/** Which of the audited events are wanted. */
export interface AuditedPart {
  readonly kinds: readonly Kind[];
  readonly room: Room | null;
  /** The first and the last sequence that may be. */
  readonly from: number;
  readonly until: number;
  readonly limit: number;
  readonly isWanted: (event: RecordedEvent) => boolean;
}

export interface AuditedEvents {
  readonly wanted: readonly RecordedEvent[];
  /** These and the others that were read on the way. */
  readonly read: readonly RecordedEvent[];
  /** The sequence up to which the log was read; null where nothing more of the part is there. */
  readonly next: number | null;
}

/** How many records are read for one page. */
export const READ_AT_MOST = 1_000;

/** The next audited events of a part of the log, oldest first: as many as fit a page, and bounded in what it reads. */
export async function auditedEvents(
  log: Pick<EventLog, 'read'>,
  { kinds, room, from, until, limit, isWanted }: AuditedPart,
): Promise<AuditedEvents> {
  const wanted: RecordedEvent[] = [];
  const read: RecordedEvent[] = [];
  let records = 0;
  for await (const record of ofKinds(log, kinds, room, from, until)) {
    const event = readableEvent(record);
    if (event) read.push(event);
    if (event && isOf(event, room) && isWanted(event)) wanted.push(event);
    if (wanted.length === limit || ++records === READ_AT_MOST) return { wanted, read, next: record.seq };
  }
  return { wanted, read, next: null };
}

const isOf = (event: RecordedEvent, room: Room | null): boolean =>
  room === null || event.room === room || ('inRoom' in event && event.inRoom === room);

/** What is held against people lies in their own rooms, whichever room it holds in. */
const lyingIn = (kind: Kind, room: Room): Room | null =>
  kind === 'sanction' && roomKind(room) !== 'user' ? null : room;

/**
 * The records of some kinds that may be of a room, in the order of the log. Each kind is a reading of its own: where a reading asks for several
 * at once, the server looks at every record of the log.
 */
export async function* ofKinds(
  log: Pick<EventLog, 'read'>,
  kinds: readonly Kind[],
  room: Room | null,
  from: number,
  until: number,
): AsyncGenerator<LogRecord, void> {
  const readings = kinds.map((kind) => {
    const lying = room === null ? null : lyingIn(kind, room);
    const filter = { kind, ...(lying !== null && { room: lying }) };
    return log.read({ from, until, filter })[Symbol.asyncIterator]();
  });
  try {
    const next = await Promise.all(readings.map((reading) => reading.next()));
    for (;;) {
      let first: { readonly record: LogRecord; readonly of: number } | null = null;
      for (const [of, { done, value: record }] of next.entries()) {
        if (!done && record.seq < (first?.record.seq ?? Infinity)) first = { record, of };
      }
      if (!first) return;
      yield first.record;
      next[first.of] = await readings[first.of]!.next();
    }
  } finally {
    await Promise.all(readings.map(async (reading) => reading.return?.()));
  }
}
