/** Bytes that grow. */
export class Bytes {
  #buffer = Buffer.alloc(1_024);
  length = 0;

  /** A text of UTF-8 behind its length. */
  text(text: string): void {
    // Three bytes are the most that a unit of a text takes.
    this.#room(4 + 3 * text.length);
    const bytes = this.#buffer.write(text, this.length + 4);
    this.#buffer.writeUInt32LE(bytes, this.length);
    this.length += 4 + bytes;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.length++] = value;
  }

  int32(value: number): void {
    this.#room(4);
    this.length = this.#buffer.writeInt32LE(value, this.length);
  }

  /** A whole number from 0 that a number holds exactly. */
  int64(value: number): void {
    this.#room(8);
    this.#buffer.writeUInt32LE(value >>> 0, this.length);
    this.length = this.#buffer.writeUInt32LE(Math.floor(value / 2 ** 32), this.length + 4);
  }

  varint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Bit `n`, the lowest of each byte first. Those that are never set are 0. */
  setBit(n: number): void {
    this.reach((n >> 3) + 1);
    this.#buffer[n >> 3]! |= 1 << (n & 7);
  }

  /** Zeros up to so many bytes. */
  reach(length: number): void {
    if (length <= this.length) return;
    this.#room(length - this.length);
    this.#buffer.fill(0, this.length, length);
    this.length = length;
  }

  copy(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#buffer, 0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  #room(more: number): void {
    const least = this.length + more;
    if (least <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(least, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.length);
    this.#buffer = larger;
  }
}

/** Numbers of so many bits each, one behind the other, as one run of Parquet's hybrid encoding. */
export function packBits(values: Uint16Array, width: number): Uint8Array {
  const groups = Math.ceil(values.length / 8);
  const packed = new Bytes();
  packed.varint(groups * 2 + 1);
  let [bits, held] = [0, 0];
  for (const value of values) {
    // At most 7 bits are held, and 16 come.
    bits |= value << held;
    for (held += width; held >= 8; held -= 8) {
      packed.byte(bits & 0xff);
      bits >>>= 8;
    }
  }
  if (held > 0) packed.byte(bits);
  const head = packed.length - Math.ceil((values.length * width) / 8);
  packed.reach(head + groups * width);
  return packed.copy();
}
