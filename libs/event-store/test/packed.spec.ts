import { expect, it } from '@jest/globals';
import { Packer, type Packed, unpack } from '../src/apart/packed.js';

type Message = Parameters<Packer['add']>[0];

/** As the client hands it out: its body stands behind its headers. */
function messageOf(body: string): Message {
  const headers = 'NATS/1.0\r\nNats-Msg-Id: clan:3/msg.1\r\nParley-Type: MessageCreated\r\n\r\n';
  const came = Buffer.from(`before${headers}${body}`);
  const [subject, reply, data] = ['chat.ev.1.clan:3.msg', '$JS.ACK.x', came.subarray(6 + headers.length)];
  const size = () => subject.length + reply.length + came.length - 6;
  return { subject, reply, data, headers: undefined, size } as unknown as Message;
}
const bodiesIn = (packed: readonly Packed[]) =>
  packed.map((each) => unpack(each, 'chat.ev.').map(({ seq, body }) => [seq, body]));

it('what is packed is unpacked in its order, some at a time, whatever its length', () => {
  const packer = new Packer();
  const large = 'ü'.repeat(100_000);
  const bodies = [...Array.from({ length: 251 }, (_, i) => `${i}`), large, 'x'.repeat(100_000), large, 'last'];
  for (const [i, body] of bodies.entries()) packer.add(messageOf(body), i + 1, 5);
  const packed = bodiesIn(packer.take());
  expect(packed.flat()).toEqual(bodies.map((body, i) => [i + 1, body]));
  expect(packed.map(({ length }) => length)).toEqual([250, 1, 1, 1, 1, 1]);
  expect(packer.take()).toEqual([]);
});

it('of few no more is handed over than they are, and nothing of what is packed later', () => {
  const packer = new Packer();
  packer.add(messageOf('first'), 1, 5);
  const [first] = packer.take();
  packer.add(messageOf('other'), 2, 5);
  expect(first!.bytes.buffer.byteLength + first!.numbers.buffer.byteLength).toBeLessThan(300);
  expect(bodiesIn([first!])).toEqual([[[1, 'first']]]);
  expect(bodiesIn(packer.take())).toEqual([[[2, 'other']]]);
});

it('packs into the buffers that it is given back', () => {
  const packer = new Packer();
  const fill = () => {
    for (let i = 0; i < 250; i++) packer.add(messageOf('x'.repeat(200)), i + 1, 5);
    return packer.take()[0]!.bytes.buffer;
  };
  const first = fill();
  packer.reuse(first);
  packer.reuse(new ArrayBuffer(10));
  const others = [fill(), fill()];
  expect(others).toContain(first);
});
