import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textFrame } from '../../gateway/src/socket/text-frame.js';
import { clientFrame, FrameReader, NumberedFrames, OPCODE } from '../src/bench/load/frames.js';

function readerOf(): { reader: FrameReader; read: [number, string][] } {
  const read: [number, string][] = [];
  const reader = new FrameReader((opcode, bytes, from, to) => {
    read.push([opcode, bytes.toString('utf8', from, to)]);
  });
  return { reader, read };
}

/** What a server reads of a client's frame. */
function unmasked(frame: Buffer): { opcode: number; text: string } {
  expect(frame[0]! & 0x80).toBe(0x80);
  expect(frame[1]! & 0x80).toBe(0x80);
  const short = frame[1]! & 0x7f;
  const [length, at] = short < 126 ? [short, 2] : [frame.readUInt16BE(2), 4];
  const mask = frame.subarray(at, at + 4);
  const payload = frame.subarray(at + 4).map((byte, i) => byte ^ mask[i & 3]!);
  expect(payload.length).toBe(length);
  return { opcode: frame[0]! & 0x0f, text: Buffer.from(payload).toString() };
}

it('frames are read whole, wherever they are cut, from a buffer that is used again', () => {
  const texts = fc.array(fc.oneof(fc.string(), fc.constantFrom('x'.repeat(126), 'é'.repeat(40_000))), { maxLength: 6 });
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 12 }), (said, cuts) => {
      const { reader, read } = readerOf();
      const bytes = Buffer.concat(said.map(textFrame));
      const places = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
      const used = Buffer.alloc(bytes.length + 10);
      let from = 0;
      for (const place of places.sort((a, b) => a - b)) {
        used.fill(0xff);
        reader.read(used, bytes.copy(used, 0, from, place));
        from = place;
      }
      expect(read).toEqual(said.map((text) => [OPCODE.text, text]));
    }),
  );
});

it('a frame is read when its last byte has come, and not before', () => {
  const { reader, read } = readerOf();
  const bytes = Buffer.concat([textFrame('a'.repeat(200)), textFrame('b')]);
  for (const [i, byte] of bytes.entries()) {
    expect(read.length).toBe(i < bytes.length - 3 ? 0 : 1);
    reader.read(Buffer.from([byte]), 1);
  }
  expect(read).toEqual([
    [OPCODE.text, 'a'.repeat(200)],
    [OPCODE.text, 'b'],
  ]);
});

it('what a server does not send is a fault: parts of a message, and masked frames', () => {
  const notFinal = Buffer.from([0x01, 0x01, 0x61]);
  for (const bytes of [notFinal, clientFrame(OPCODE.text, Buffer.from('a'))]) {
    expect(() => {
      readerOf().reader.read(bytes, bytes.length);
    }).toThrow('a frame that a server does not send');
  }
});

it.each(['', 'a', 'x'.repeat(125), 'x'.repeat(126), 'ü'.repeat(5_000)])('a client’s frame is masked (%#)', (text) => {
  expect(unmasked(clientFrame(OPCODE.ping, Buffer.from(text)))).toEqual({ opcode: OPCODE.ping, text });
});

it('a client’s frame is below 64 KB', () => {
  expect(() => clientFrame(OPCODE.text, Buffer.alloc(0x1_0000))).toThrow(RangeError);
});

it('numbered frames have their number in each of its places', () => {
  const frames = new NumberedFrames('{"id":"0000","text":"é 0000 and 000"}', '0000');
  expect([7, 1_234, 0].map((number) => unmasked(frames.of(number)).text)).toEqual([
    '{"id":"0007","text":"é 0007 and 000"}',
    '{"id":"1234","text":"é 1234 and 000"}',
    '{"id":"0000","text":"é 0000 and 000"}',
  ]);
});
