import type { Msg } from '@nats-io/transport-node';
import type { ServerOptions } from '../connection.js';
import { bytesOf, readMessage } from '../event-headers.js';
import { type LogRecord, recordOf } from '../log-record.js';
import type { PullEnd } from '../pull.js';

// Records on their way from one thread to another: as they came, in buffers that are handed over and not copied. To make
// objects of them, which would be taken apart and put together again on the way, costs more than to read them.

/** Some of them: what is of one length in all, and their subjects, headers and bodies one behind the other. */
export interface Packed {
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Of each: its sequence, when it was stored, and how long its subject, its headers, and both with the body are. */
const NUMBERS = 5;

/** Together, at most: few, so that what is made of them is let go of before it counts as old. */
const MOST = 250;
const MOST_BYTES = 131_072;

/** Packs messages as they come, so that none of them is held. */
export class Packer {
  #numbers = new Float64Array(MOST * NUMBERS);
  #bytes = Buffer.from(new ArrayBuffer(MOST_BYTES));
  #used = { numbers: 0, bytes: 0 };
  #packed: Packed[] = [];
  readonly #spare: ArrayBuffer[] = [];

  /** A buffer that was taken and is not needed any more: were each a new one, they would pile up between two collections. */
  reuse(buffer: ArrayBuffer): void {
    if (buffer.byteLength === MOST_BYTES) this.#spare.push(buffer);
  }

  add(message: Msg, seq: number, at: number): void {
    const { subject } = message;
    const { bytes, headers } = bytesOf(message);
    const length = subject.length + bytes.length;
    if (this.#used.numbers === this.#numbers.length || this.#used.bytes + length > this.#bytes.length)
      this.#end(length);
    const used = this.#used;
    const numbers = this.#numbers;
    numbers[used.numbers++] = seq;
    numbers[used.numbers++] = at;
    numbers[used.numbers++] = subject.length;
    numbers[used.numbers++] = headers;
    numbers[used.numbers++] = bytes.length;
    this.#bytes.write(subject, used.bytes, 'latin1');
    this.#bytes.set(bytes, used.bytes + subject.length);
    used.bytes += length;
  }

  /** All that was added since, in its order. */
  take(): Packed[] {
    this.#end(0);
    const packed = this.#packed;
    this.#packed = [];
    return packed;
  }

  /** @param room how many bytes there has to be room for */
  #end(room: number): void {
    const { numbers, bytes } = this.#used;
    // Little is copied: who reads as the log grows would hand over a whole buffer with each record.
    if (numbers > 0) this.#packed.push({ numbers: this.#numbers.slice(0, numbers), bytes: this.#taken(bytes) });
    this.#used = { numbers: 0, bytes: 0 };
    if (room > this.#bytes.length) this.#bytes = Buffer.from(new ArrayBuffer(room));
  }

  #taken(length: number): Packed['bytes'] {
    const bytes = new Uint8Array(this.#bytes.buffer, 0, length);
    if (length <= MOST_BYTES / 4) return bytes.slice();
    this.#bytes = Buffer.from(this.#spare.pop() ?? new ArrayBuffer(MOST_BYTES));
    return bytes;
  }
}

/** @param eventStem what stands before the partition in the subject */
export function unpack({ numbers, bytes }: Packed, eventStem: string): LogRecord[] {
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: LogRecord[] = [];
  let begin = 0;
  for (let n = 0; n < numbers.length; n += NUMBERS) {
    const middle = begin + numbers[n + 2]!;
    const end = middle + numbers[n + 4]!;
    const subject = packed.toString('latin1', begin, middle);
    const { headers, body } = readMessage({ bytes: packed.subarray(middle, end), headers: numbers[n + 3]! });
    records.push(recordOf(eventStem, subject, numbers[n]!, numbers[n + 1]!, headers, body));
    begin = end;
  }
  return records;
}

// What the two threads of a reading tell each other. The one that reads from the server is given back the buffer of
// whatever it handed over once that was taken.

/** What that thread begins with. */
export interface ThreadData {
  readonly server: Omit<ServerOptions, 'observer'>;
  readonly stream: string;
  readonly consumer: string;
  /** How many records wait in it or are under way to it, at most. */
  readonly capacity: number;
}

/** It begins once it is connected. What it could not be connected to is away; any other fault ends the thread. */
export type FromThread = 'begun' | Packed | { readonly end: PullEnd } | { readonly unavailable: string };

/**
 * So often something is handed over before the first of it is taken. With few, each thread waits for the other one as soon
 * as it is kept from its core for some milliseconds.
 */
export const HANDED_OVER = 32;
