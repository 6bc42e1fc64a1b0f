import { afterAll } from '@jest/globals';
import { PARTITIONS } from '#domain';
import { describeFoldedLog } from '../../../event-store/test/folded-conformance.js';
import { describeWorked } from '../../../read-models/test/worked-conformance.js';
import { FakeLog } from './fake-log.js';
import { FakeStore } from './fake-store.js';
import { recordOf } from './records.js';
import { runningMachine } from './running-machine.js';
import { StoreClient } from './store-client.js';

// What the simulation stands on does what the servers do.

const used: ReadonlySet<number> = new Set(Array.from({ length: PARTITIONS }, (_, partition) => partition));
const running: { stop(): void }[] = [];
afterAll(() => {
  for (const machine of running) machine.stop();
});

function start() {
  const started = runningMachine();
  running.push(started);
  return started.machine;
}

for (const [how, split] of [
  ['whole', () => 0],
  ['cut in two', (length: number) => length >> 1],
] as const) {
  describeWorked(`of a simulation, writes ${how}`, () => {
    const ignored = () => undefined;
    const listener = { fault: ignored, written: ignored, replaced: ignored };
    const store = new FakeStore({}, used, listener, () => Date.now());
    return Promise.resolve(new StoreClient(store, start().start('p'), split));
  });
}

describeFoldedLog('of a simulation', () => {
  const machine = start();
  const ignored = () => undefined;
  const log = new FakeLog({}, used, ignored, ignored, (available) => available);
  let processes = 0;
  return Promise.resolve({
    connect: () => {
      const process = machine.start(`p${++processes}`);
      const client = log.connect(process);
      return Promise.resolve({
        log: client,
        lose: () => {
          client.lose();
          return Promise.resolve();
        },
        comeBack: () => {
          process.connected = true;
          return Promise.resolve();
        },
      });
    },
    append: (event) => {
      const seq = log.records.length + 1;
      log.records.push(recordOf(event, seq));
      return Promise.resolve(seq);
    },
    pass: (ms) => {
      machine.now += ms;
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
  });
});
