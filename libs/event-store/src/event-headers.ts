import { type Msg, type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import type { DomainEvent, StoredEvent } from '#domain';

// The headers of a stored event. The message id is what the log refuses to store twice; since that ignores the
// subject, it names the room beside the event's id, which holds the kind and the command's key.

const PLAIN = /^[\w.-]+$/;

/** An event as it is stored, sealed or not. */
export interface SealedEvent {
  readonly stored: StoredEvent;
  /** Null where it is stored as it is. */
  readonly keyId: string | null;
  /** What its headers say beside, so that it is refused once its person was erased. */
  readonly guard?: string;
}

/** Headers that are written once and read by nobody here: the client's own way of building them takes twice as long. */
export class EventHeaders extends MsgHdrsImpl {
  /**
   * @param id the message id
   * @param expects whether the log must not have got another event of the subject meanwhile
   */
  constructor(
    readonly id: string,
    readonly expects: boolean,
    readonly text: string,
  ) {
    super();
  }

  override encode(): Uint8Array {
    return Buffer.from(this.text);
  }

  /** The same, as a part of what is stored at once. */
  inBatch(batch: string, n: number, isLast: boolean): EventHeaders {
    const part = `Nats-Batch-Id: ${batch}\r\nNats-Batch-Sequence: ${n}\r\n${isLast ? 'Nats-Batch-Commit: 1\r\n' : ''}`;
    return new EventHeaders(this.id, this.expects, `${this.text.slice(0, -2)}${part}\r\n`);
  }
}

/** In headers: the last sequence there must be, 0 for none, of the event's own subject or of another, a literal one. */
export const expecting = (last: number, subject?: string): string =>
  `Nats-Expected-Last-Subject-Sequence: ${last}\r\n` +
  (subject === undefined ? '' : `Nats-Expected-Last-Subject-Sequence-Subject: ${subject}\r\n`);

/**
 * @param guard of {@link SealedEvent}; the log takes one expectation, and one of its own subject goes before
 * @param copyOf its sequence in the log that it is a copy from, where it is one
 * @param traceparent names the step that stores it, where that is traced
 * @throws RangeError where the event's id is not made of letters, digits, `.`, `-` and `_`
 */
export function eventHeaders(
  event: DomainEvent,
  { stored, keyId }: SealedEvent,
  { expectedLast, guard = '', copyOf, traceparent }: HeaderOptions = {},
): EventHeaders {
  if (!PLAIN.test(event.id)) throw new RangeError(`not an event id: ${event.id}`);
  const id = `${event.room}${copyOf === undefined ? '' : `.${copyOf}`}/${event.id}`;
  const expectation = expectedLast === undefined ? guard : expecting(expectedLast);
  const key = keyId === null ? '' : `Parley-Key: ${keyId}\r\n`;
  const trace = traceparent === undefined ? '' : `traceparent: ${traceparent}\r\n`;
  return new EventHeaders(
    id,
    expectedLast !== undefined,
    `NATS/1.0\r\nNats-Msg-Id: ${id}\r\nParley-Type: ${stored.type}\r\n` +
      `Parley-Version: ${stored.version}\r\n${key}${trace}${expectation}\r\n`,
  );
}

interface HeaderOptions {
  readonly expectedLast?: number;
  readonly guard?: string;
  readonly copyOf?: number;
  readonly traceparent?: string;
}

export interface ReadHeaders {
  id: string;
  type: string;
  version: number;
  keyId: string;
  traceparent: string;
}

const BEGIN = 'NATS/1.0\r\n';
const END = '\r\n\r\n';

/** What a message says. */
export interface ReadMessage {
  readonly headers: ReadHeaders;
  readonly body: string;
}

/** Headers and body of a message as they came, one behind the other. */
export interface MessageBytes {
  readonly bytes: Buffer;
  /** How long the headers are. */
  readonly headers: number;
}

const [N, CR, LF] = [78, 13, 10];

/** Whether so many bytes look as headers do: it may be otherwise in another version of the client. */
const isHead = (bytes: Uint8Array, length: number): boolean =>
  bytes[0] === N && bytes[length - 3] === LF && bytes[length - 2] === CR && bytes[length - 1] === LF;

/** The client does not say where they are: they stand right before the body. */
export function bytesOf(message: Msg): MessageBytes {
  const { data, subject, reply = '' } = message;
  // Both are ASCII, so that characters are bytes.
  const headers = (message as Msg & { size(): number }).size() - subject.length - reply.length - data.length;
  const begin = data.byteOffset - headers;
  const bytes = begin >= 0 ? Buffer.from(data.buffer, begin, headers + data.length) : null;
  if (bytes && (headers === 0 || isHead(bytes, headers))) return { bytes, headers };
  const encoded = message.headers instanceof MsgHdrsImpl ? message.headers.encode() : new Uint8Array();
  return { bytes: Buffer.concat([encoded, data]), headers: encoded.length };
}

/**
 * What a message says, at a fifth of the cost: the client's own reading of headers, which checks each once more, is the
 * most of what it takes to read an event. They are made text together with the body.
 */
export function readMessage({ bytes, headers: length }: MessageBytes): ReadMessage {
  const text = bytes.toString();
  // Where they end, characters are bytes up to there too.
  if (length === 0 || !text.startsWith(BEGIN) || text.indexOf(END) !== length - END.length) {
    const headers = readHeaders(length > 0 ? MsgHdrsImpl.decode(bytes.subarray(0, length)) : undefined);
    return { headers, body: bytes.toString('utf8', length) };
  }
  const read: ReadHeaders = { id: '', type: '', version: 0, keyId: '', traceparent: '' };
  for (let at = BEGIN.length; at < length - 2;) {
    const end = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (colon > at && colon < end) put(read, text.slice(at, colon), text.slice(colon + 1, end).trim());
    at = end + 2;
  }
  return { headers: read, body: text.slice(length) };
}

/** What is not there is the empty string, and 0 for the version. */
export function readHeaders(headers: MsgHdrs | undefined): ReadHeaders {
  const read: ReadHeaders = { id: '', type: '', version: 0, keyId: '', traceparent: '' };
  if (!headers) return read;
  for (const [name, [value = '']] of headers) put(read, name, value);
  return read;
}

function put(read: ReadHeaders, name: string, value: string): void {
  if (name === 'Nats-Msg-Id') read.id = value.slice(value.indexOf('/') + 1);
  else if (name === 'Parley-Type') read.type = value;
  else if (name === 'Parley-Version') read.version = Number(value) || 0;
  else if (name === 'Parley-Key') read.keyId = value;
  else if (name === 'traceparent') read.traceparent = value;
}
