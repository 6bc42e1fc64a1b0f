import { decodeEvent, type DomainEvent, eventDefinitions, type RecordedEvent, UnreadableEvent } from './events.js';
import { parseRoom, type Room } from './ids.js';
import type { PersonalTexts } from './personal.js';
import { timeOf } from './time.js';

// An event as whoever reads the log with tools of their own is given it: one flat object, the same for every type.

/** What the log knows of an event beside what is in it. */
export interface Stored {
  /** When the log stored it, in ms since 1970, by the log's own clock. */
  readonly storedAt: number;
  /** Its texts are sealed, and whoever reads it has no key for them. */
  readonly sealed: boolean;
}

/** What an event is handed out as: this, then its own fields. Its schema is in {@link eventSchemas}. */
export interface EventLine {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  /** Of the fields: the one that is written today, whatever it was stored as. */
  readonly version: number;
  readonly room: Room;
  /** ISO 8601, UTC, milliseconds. */
  readonly storedAt: string;
  readonly [field: string]: unknown;
}

const definitions = new Map<string, (typeof eventDefinitions)[number]>(eventDefinitions.map((d) => [d.type, d]));

/** Texts that nobody may have, or not whoever reads this, are null; `erased` or `sealed` says which. */
export function eventLine(event: RecordedEvent, { storedAt, sealed }: Stored): EventLine {
  const { seq, at, type, room, erased, ...fields } = event;
  const { version, personal } = definitions.get(type)!;
  const left = { ...(erased && { erased }), ...(sealed && !erased && { sealed }) };
  const told = personal && (erased || sealed) ? withoutTexts(personal, fields) : fields;
  return { seq, at, type, version, room, storedAt: new Date(storedAt).toISOString(), ...told, ...left };
}

/** What a line says. */
export interface ToldEvent {
  /** Its place in the log that it was told from. */
  readonly seq: number;
  readonly event: DomainEvent;
  /** When that log stored it, in ms since 1970. */
  readonly storedAt: number;
  /** Whether the line does not have its texts: they are what those of who was erased are. */
  readonly isWithoutTexts: boolean;
}

/**
 * The event that a line was made of by {@link eventLine}, by this release or an older one.
 * @throws UnreadableEvent with the reason
 */
export function eventOfLine(line: unknown): ToldEvent {
  const { seq, type, version, room, storedAt, erased, sealed, ...fields } = Object(line) as Record<string, unknown>;
  const [place, time] = [parseRoom(String(room)), timeOf(String(storedAt))];
  if (!Number.isSafeInteger(seq) || Number(seq) < 1) throw new UnreadableEvent('it has no seq');
  if (place === null) throw new UnreadableEvent('it names no room');
  if (time === null) throw new UnreadableEvent('it does not say when it was stored');
  const isWithoutTexts = erased === true || sealed === true;
  const stored = { type: String(type), version: Number(version), room: place, body: JSON.stringify(fields) };
  const read = decodeEvent({ ...stored, ...(isWithoutTexts && { texts: null }) }, Number(seq));
  const { seq: _, ...event } = read;
  return { seq: read.seq, event: event, storedAt: time, isWithoutTexts };
}

function withoutTexts({ texts }: PersonalTexts, fields: object): object {
  const told: Record<string, unknown> = { ...fields };
  for (const { outer, inner, erased } of texts) {
    // One that an event may lack is not known to have been there.
    if (erased === undefined) continue;
    told[outer] = inner === null ? null : { ...(told[outer] as object), [inner]: null };
  }
  return told;
}
