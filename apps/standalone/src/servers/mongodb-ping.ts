import { answersWith } from './network.js';

/** The BSON document { ping: 1, $db: 'admin' }. */
const PING = Buffer.concat([
  int32(30),
  Buffer.from('\x10ping\0'),
  int32(1),
  Buffer.from('\x02$db\0'),
  int32(6),
  Buffer.from('admin\0\0'),
]);

/** The element { ok: 1.0 }, as it stands in the reply of a server that is ready. */
const OK = Buffer.concat([Buffer.from('\x01ok\0'), Buffer.from([0, 0, 0, 0, 0, 0, 0xf0, 0x3f])]);

const HEADER_LENGTH = 16;
const OP_MSG = 2013;

/**
 * Whether a MongoDB server on the port answers a ping. One message by hand, as a driver keeps connections and a
 * monitor for what is asked once.
 */
export function answersPing(port: number): Promise<boolean> {
  const body = Buffer.concat([int32(0), Buffer.from([0]), PING]);
  const header = [HEADER_LENGTH + body.length, 1, 0, OP_MSG].map(int32);
  return answersWith(port, (received) => received.includes(OK), Buffer.concat([...header, body]));
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
