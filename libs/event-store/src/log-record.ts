import type { MsgHdrs } from '@nats-io/transport-node';
import { decodeEvent, parseRoom, type RecordedEvent, type Room, UnreadableEvent } from '#domain';
import { readHeaders } from './event-headers.js';

/** A record of the log as it is stored, its body not yet looked at. */
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
  readonly body: string;
  /** When the log stored it, in ms since 1970, by the log's own clock. */
  readonly at: number;
}

/** @param stem what stands before the partition in the subject */
export function recordOf(
  stem: string,
  subject: string,
  seq: number,
  at: number,
  headers: MsgHdrs | undefined,
  body: string,
): LogRecord {
  const dot = subject.indexOf('.', stem.length);
  const lastDot = subject.lastIndexOf('.');
  const placed = subject.startsWith(stem) && dot > 0 && lastDot > dot;
  const { id, type, version } = readHeaders(headers);
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
  };
}

/**
 * Reads a record strictly.
 * @throws UnreadableEvent with the reason
 */
export function decodeRecord(record: LogRecord): RecordedEvent {
  const { type, version, room, body, seq } = record;
  if (room === null) throw new UnreadableEvent('its subject names no room');
  return decodeEvent({ type, version, room, body }, seq);
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
