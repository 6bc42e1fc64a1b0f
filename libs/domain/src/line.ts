import { decodeEvent, type DomainEvent, eventDefinitions, type RecordedEvent, UnreadableEvent } from './events.js';
import { parseRoom, type Room } from './ids.js';
import { personOf, type PersonalTexts } from './personal.js';
import { timeOf } from './text.js';

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
  const { seq, at, type, room, erased } = event;
  const { version, personal } = definitions.get(type)!;
  const line: Line = { seq, at, type, version, room, storedAt: isoOf(storedAt) };
  // Field by field: taking them apart and together again makes two more objects of each event of a log.
  for (const field in event) if (!OWN.has(field)) line[field] = event[field as keyof RecordedEvent];
  if (personal && (erased || sealed)) takeTexts(personal, line);
  if (erased) line['erased'] = erased;
  else if (sealed) line['sealed'] = sealed;
  return line;
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

type Line = { -readonly [K in keyof EventLine]: EventLine[K] };

/** What stands in a line first, or last. */
const OWN = new Set(['seq', 'at', 'type', 'room', 'erased']);

let told = { ms: 0, text: new Date(0).toISOString() };

/** Many are stored in the same millisecond. */
function isoOf(ms: number): string {
  if (ms !== told.ms) told = { ms, text: new Date(ms).toISOString() };
  return told.text;
}

function takeTexts({ texts }: PersonalTexts, line: Line): void {
  for (const { outer, inner, erased } of texts) {
    // One that an event may lack is not known to have been there.
    if (erased === undefined) continue;
    line[outer] = inner === null ? null : { ...(line[outer] as object), [inner]: null };
  }
}

/** Whose texts an event shows that is handed out; null where it has none, or they are not there. */
export function personsTexts(line: EventLine): string | null {
  const personal = definitions.get(line.type)?.personal;
  return personal && line['erased'] !== true && line['sealed'] !== true && hasTexts(personal, line)
    ? personOf(personal, line)
    : null;
}

const hasTexts = ({ texts }: PersonalTexts, line: EventLine): boolean =>
  texts.some(({ outer, inner }) => {
    const holder = inner === null ? line : (line[outer] as Record<string, unknown>);
    return (holder[inner ?? outer] ?? null) !== null;
  });

/** Where in an event of this type texts, names and avatars of a person are. */
export const eventPersonalTexts = (type: string): PersonalTexts['texts'] =>
  definitions.get(type)?.personal?.texts ?? [];
