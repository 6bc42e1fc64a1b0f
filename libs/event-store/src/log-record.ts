import { decodeEvent, isNewer, NewerEvent, parseRoom, type RecordedEvent, type Room, UnreadableEvent } from '#domain';
import type { ReadHeaders } from './event-headers.js';

/** A record of the log, what was sealed in it opened, its body not yet looked at. */
export interface LogRecord {
  /** Stream sequence, from 1. */
  readonly seq: number;
  /** -1 where the subject names none. */
  readonly partition: number;
  /** Null where the subject names no room. */
  readonly room: Room | null;
  readonly kind: string;
  /** The event's id, `<kind>.<command key>`; empty where the record does not say. */
  readonly id: string;
  /** Empty where the record does not say. */
  readonly type: string;
  /** 0 where the record does not say. */
  readonly version: number;
  /** Without the texts where these were sealed. */
  readonly body: string;
  /** When the log stored it, in ms since 1970, by the log's own clock. */
  readonly at: number;
  /** What its texts were sealed with; not there where they were not. */
  readonly keyId?: string;
  /** Names the step of a trace that stored it, in the words of W3C Trace Context; not there where that was not traced. */
  readonly traceparent?: string;
  /** The texts that were sealed, as JSON: null where nobody may have them any more, undefined where none were. */
  readonly texts?: string | null;
  /** Whether the person whose texts they are was erased. */
  readonly erased?: boolean;
  /** Why it cannot be read. */
  readonly fault?: string;
}

/** @param stem what stands before the partition in the subject */
export function recordOf(
  stem: string,
  subject: string,
  seq: number,
  at: number,
  headers: ReadHeaders,
  body: string,
): LogRecord {
  const dot = subject.indexOf('.', stem.length);
  const lastDot = subject.lastIndexOf('.');
  const placed = subject.startsWith(stem) && dot > 0 && lastDot > dot;
  const { id, type, version, keyId, traceparent } = headers;
  return {
    seq,
    partition: placed ? Number(subject.slice(stem.length, dot)) : -1,
    room: placed ? parseRoom(subject.slice(dot + 1, lastDot)) : null,
    kind: subject.slice(lastDot + 1),
    id,
    type,
    version,
    body,
    at,
    ...(keyId !== '' && { keyId }),
    ...(traceparent !== '' && { traceparent }),
  };
}

/**
 * Reads a record strictly.
 * @throws UnreadableEvent with the reason
 */
export function decodeRecord(record: LogRecord): RecordedEvent {
  const { room, seq, fault } = record;
  // Before anything else of it is judged: rooms and seals may be other ones there too.
  if (isNewer(record)) throw new NewerEvent(`unknown event ${record.type} version ${record.version}`);
  if (room === null) throw new UnreadableEvent('its subject names no room');
  if (fault !== undefined) throw new UnreadableEvent(fault);
  const { type, version, body, texts, erased = false } = record;
  return decodeEvent({ type, version, room, body, erased, ...(texts !== undefined && { texts }) }, seq);
}

/** The same, or null for what cannot be read: whoever folds it says so, and why. */
export function readableEvent(record: LogRecord): RecordedEvent | null {
  try {
    return decodeRecord(record);
  } catch (error) {
    if (error instanceof UnreadableEvent) return null;
    throw error;
  }
}

/** Milliseconds of a time in nanoseconds, as NATS writes it: its 19 digits are more than a number holds. */
export const millisecondsOf = (nanoseconds: string): number => Number(nanoseconds.slice(0, -6));
