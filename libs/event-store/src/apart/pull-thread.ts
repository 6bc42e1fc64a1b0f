import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { Connection } from '../connection.js';
import { LogUnavailable } from '../outcomes.js';
import { Pull } from '../pull.js';
import { type FromThread, HANDED_OVER, Packer, type ThreadData } from './packed.js';

// The thread of a `PullApart`: hands over what comes of a consumer, until it is ended from there.

const port = parentPort!;
const { server, stream, consumer, capacity } = workerData as ThreadData;

const tell = (what: FromThread, ...handedOver: ArrayBuffer[]): void => {
  port.postMessage(what, handedOver);
};

async function handOver(): Promise<void> {
  const connection = await Connection.open(server);
  const packer = new Packer();
  const pull = new Pull(connection, stream, consumer, packer.add.bind(packer), { capacity });
  let room = HANDED_OVER;
  port.on('message', (taken: ArrayBuffer) => {
    packer.reuse(taken);
    room++;
  });
  tell('begun');
  for (;;) {
    // All of them: what is packed is what this answers.
    const batch = await pull.next(Infinity);
    if (typeof batch === 'string') {
      tell({ end: batch });
      return;
    }
    for (const packed of packer.take()) {
      while (room === 0) await once(port, 'message');
      room--;
      tell(packed, packed.numbers.buffer, packed.bytes.buffer);
    }
  }
}

try {
  await handOver();
} catch (error) {
  if (!(error instanceof LogUnavailable)) throw error;
  tell({ unavailable: error.message });
}
