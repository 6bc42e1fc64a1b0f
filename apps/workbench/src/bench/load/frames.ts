const FINAL = 0x80;
const MASKED = 0x80;
const HEADER_16 = 126;
const HEADER_64 = 127;
/** Any will do: it is there for proxies that may be fooled by plain text, and there are none. */
const MASK = Buffer.from([0x5a, 0xc3, 0x0f, 0x96]);
const NOTHING = Buffer.alloc(0);

export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** A whole frame: its payload is in `bytes` from `from` to `to`, until the call returns. */
export type FrameListener = (opcode: number, bytes: Buffer, from: number, to: number) => void;

/** Finds the frames in what a server writes, in place: only of a frame that is cut a copy is made. */
export class FrameReader {
  private rest: Buffer = NOTHING;

  constructor(private readonly listener: FrameListener) {}

  /**
   * @param chunk what came, up to `length`; it may be overwritten afterwards
   * @throws Error for what a server does not write: masked frames, and messages in several frames
   */
  read(chunk: Buffer, length: number): void {
    const some = chunk.subarray(0, length);
    const bytes = this.rest.length === 0 ? some : Buffer.concat([this.rest, some]);
    const read = this.readWhole(bytes);
    this.rest = read === bytes.length ? NOTHING : Buffer.from(bytes.subarray(read));
  }

  /** @returns where the first frame begins that is not whole */
  private readWhole(bytes: Buffer): number {
    let at = 0;
    while (bytes.length - at >= 2) {
      const first = bytes[at]!;
      let size = bytes[at + 1]!;
      if ((first & FINAL) === 0 || (size & MASKED) !== 0) throw new Error('a frame that a server does not send');
      let from = at + 2;
      if (size === HEADER_16) {
        from += 2;
        if (bytes.length < from) break;
        size = bytes.readUInt16BE(at + 2);
      } else if (size === HEADER_64) {
        from += 8;
        if (bytes.length < from) break;
        size = Number(bytes.readBigUInt64BE(at + 2));
      }
      const to = from + size;
      if (bytes.length < to) break;
      this.listener(first & 0x0f, bytes, from, to);
      at = to;
    }
    return at;
  }
}

/** A whole frame as a client sends it, masked. @throws RangeError of a payload of 64 KB or more */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  if (length > 0xffff) throw new RangeError(`a frame of ${length} bytes is too large`);
  const header = length < HEADER_16 ? [length] : [HEADER_16, length >> 8, length & 0xff];
  header[0]! |= MASKED;
  const frame = Buffer.concat([Buffer.from([FINAL | opcode, ...header]), MASK, payload]);
  const from = frame.length - length;
  for (let i = 0; i < length; i++) frame[from + i]! ^= MASK[i & 3]!;
  return frame;
}

/** Text frames that differ in a number only: all but that is made once. The number is written with `digits` digits. */
export class NumberedFrames {
  private readonly frame: Buffer;
  private readonly places: readonly number[];
  private readonly payloadAt: number;

  /** @param text holds `slot`, digits, wherever the number goes */
  constructor(text: string, slot: string) {
    const payload = Buffer.from(text);
    this.frame = clientFrame(OPCODE.text, payload);
    this.payloadAt = this.frame.length - payload.length;
    const places: number[] = [];
    for (let at = payload.indexOf(slot); at >= 0; at = payload.indexOf(slot, at + 1)) places.push(at);
    this.places = places;
    this.digits = slot.length;
  }

  private readonly digits: number;

  of(number: number): Buffer {
    const frame = Buffer.from(this.frame);
    for (const place of this.places) {
      let left = number;
      for (let at = place + this.digits - 1; at >= place; at--) {
        frame[this.payloadAt + at] = (0x30 + (left % 10)) ^ MASK[at & 3]!;
        left = Math.floor(left / 10);
      }
    }
    return frame;
  }
}
