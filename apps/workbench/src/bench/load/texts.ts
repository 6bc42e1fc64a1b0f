import { NumberedFrames } from './frames.js';

const FILLER = 'the quick brown fox jumps over the lazy dog';
const MARK = '@@';
const DIGITS = 8;
const SLOT = '0'.repeat(DIGITS);
const AT = MARK.charCodeAt(0);
const QUOTE = 0x22;
const ZERO = 0x30;

const MESSAGE = Buffer.from('{"chat":"clan","event":"newMessage","message":{"_id":"');
const PLACE = Buffer.from('"n":');
const ACK = Buffer.from('{"event":"ack","id":"');
const ACKED = Buffer.from('","data":{"message_id":"');

/** Every message has its number in its text: `@@00000017@@ the quick …`. */
const contentOf = (characters: number): string => `${MARK}${SLOT}${MARK} ${FILLER}`.padEnd(characters, FILLER);

/** What is sent, by the number of the message. @param ids whether frames carry ids, so that they are acknowledged */
export const messageFrames = (characters: number, ids: boolean): NumberedFrames =>
  new NumberedFrames(
    JSON.stringify({
      event: 'clanMessage',
      ...(ids && { id: SLOT }),
      data: { content: contentOf(characters), feeling: 'Happy' },
    }),
    SLOT,
  );

/** The number in the content of a message; NaN where there is none. */
export const numberIn = (content: string): number =>
  content.startsWith(MARK) ? Number(content.slice(MARK.length, MARK.length + DIGITS)) : NaN;

/** What a text told, read into an object that is there already: see {@link readText}. */
export interface Told {
  kind: 'message' | 'ack' | 'other';
  /** The number of the message. */
  k: number;
  /** Its place in the room, 0 of an ack. */
  n: number;
  /** Where its id is. */
  id: Buffer;
  idFrom: number;
  idTo: number;
}

export const nothingTold = (): Told => ({ kind: 'other', k: 0, n: 0, id: MESSAGE, idFrom: 0, idTo: 0 });

/**
 * What a text tells, into `told`: `other` for anything but a message of a clan and an ack. The usual layout is read by
 * its bytes, which takes a tenth of the time; whatever looks otherwise is parsed.
 */
export function readText(bytes: Buffer, from: number, to: number, told: Told): void {
  const isRead = readMessage(bytes, from, to, told) || readAck(bytes, from, to, told);
  if (!isRead) parse(bytes.toString('utf8', from, to), told);
}

function readMessage(bytes: Buffer, from: number, to: number, told: Told): boolean {
  if (!holds(bytes, from, to, MESSAGE)) return false;
  const idFrom = from + MESSAGE.length;
  const idTo = indexOf(bytes, idFrom, to, QUOTE);
  const mark = indexOf(bytes, idTo, to, AT);
  if (mark + 2 * MARK.length + DIGITS > to || bytes[mark + 1] !== AT || bytes[mark + MARK.length + DIGITS] !== AT) {
    return false;
  }
  const k = digits(bytes, mark + MARK.length, mark + MARK.length + DIGITS);
  let place = to - PLACE.length;
  while (place > mark && !holds(bytes, place, to, PLACE)) place--;
  if (k < 0 || place === mark) return false;
  const nFrom = place + PLACE.length;
  let nTo = nFrom;
  while (nTo < to && isDigit(bytes[nTo]!)) nTo++;
  told.kind = 'message';
  told.k = k;
  told.n = digits(bytes, nFrom, nTo);
  told.id = bytes;
  told.idFrom = idFrom;
  told.idTo = idTo;
  return true;
}

function readAck(bytes: Buffer, from: number, to: number, told: Told): boolean {
  if (!holds(bytes, from, to, ACK)) return false;
  const numberFrom = from + ACK.length;
  const k = digits(bytes, numberFrom, numberFrom + DIGITS);
  if (k < 0 || !holds(bytes, numberFrom + DIGITS, to, ACKED)) return false;
  told.kind = 'ack';
  told.k = k;
  told.n = 0;
  told.id = bytes;
  told.idFrom = numberFrom + DIGITS + ACKED.length;
  told.idTo = indexOf(bytes, told.idFrom, to, QUOTE);
  return true;
}

interface AnyFrame {
  readonly chat?: string;
  readonly event?: string;
  readonly id?: string;
  readonly data?: { readonly message_id?: string };
  readonly message?: { readonly _id: string; readonly n: number; readonly content: string };
}

function parse(text: string, told: Told): void {
  const { chat, event, message, id, data } = JSON.parse(text) as AnyFrame;
  told.kind = 'other';
  if (chat === 'clan' && event === 'newMessage' && message) {
    told.kind = 'message';
    told.k = numberIn(message.content);
    told.n = message.n;
    told.id = Buffer.from(message._id);
  } else if (event === 'ack' && data?.message_id !== undefined) {
    told.kind = 'ack';
    told.k = Number(id);
    told.n = 0;
    told.id = Buffer.from(data.message_id);
  }
  told.idFrom = 0;
  told.idTo = told.id.length;
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= ZERO + 9;

function holds(bytes: Buffer, from: number, to: number, what: Buffer): boolean {
  if (to - from < what.length) return false;
  for (let i = 0; i < what.length; i++) if (bytes[from + i] !== what[i]) return false;
  return true;
}

/** `to` where it is not there. */
function indexOf(bytes: Buffer, from: number, to: number, byte: number): number {
  let at = from;
  while (at < to && bytes[at] !== byte) at++;
  return at;
}

/** The number written there; below 0 where it is none. */
function digits(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (!isDigit(byte)) return -1;
    value = value * 10 + byte - ZERO;
  }
  return value;
}
