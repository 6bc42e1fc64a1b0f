import { decodeId } from '#domain';
import type { LogRecord } from '../log-record.js';

/** What a key is called: `<the encoded id of its person>.<16 hex digits>`. */
export const KEY_ID = /^[\w=-]+\.[0-9a-f]{16}$/;

export const personOfKey = (keyId: string): string => decodeId(keyId.slice(0, keyId.lastIndexOf('.')));

// What is sealed of an event is the last of its body.

export const SEALED = ',"sealed":"';

export type Opened = { -readonly [K in keyof LogRecord]: LogRecord[K] };

export const isSealed = ({ keyId }: LogRecord): boolean => keyId !== undefined && KEY_ID.test(keyId);

/** Takes what is sealed out of a body; null where nothing is. Until it is opened, nobody has the texts. */
export function takeSealed(record: Opened): string | null {
  const { keyId, body } = record;
  if (keyId === undefined) return null;
  const at = body.lastIndexOf(SEALED);
  if (at < 0 || !KEY_ID.test(keyId)) {
    record.fault = 'it says that it is sealed, and nothing in it is';
    return null;
  }
  record.body = `${body.slice(0, at)}}`;
  record.texts = null;
  return body.slice(at + SEALED.length, -2);
}

/** Reads a record without the texts that are sealed in it, in place. */
export function leaveSealed(record: LogRecord): void {
  takeSealed(record);
}
