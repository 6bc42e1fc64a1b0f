import { describeLog, type LogServer } from './conformance.js';
import type { Held } from './gates.js';
import { describeLive } from './live-conformance.js';
import { MemoryLogServer } from './memory-log.js';
import { describeSharing } from './shared-conformance.js';

function start(): Promise<LogServer> {
  const server = new MemoryLogServer();
  return Promise.resolve({
    connect: () => {
      const log = server.connect();
      const { connection } = log;
      let held: Held[] = [];
      return Promise.resolve({
        log,
        hold: () => {
          held = ['append', 'last', 'flush', 'recordAt'].map((asked) => connection.gates.hold(asked));
        },
        loseAnswers: () =>
          new Promise((resolve) => {
            log.losing = resolve;
          }),
        lose: async () => {
          await Promise.all(held.map(({ arrived }) => arrived));
          connection.lose();
        },
        comeBack: () => {
          connection.comeBack();
          return Promise.resolve();
        },
      });
    },
    spoil: (room, kind) => {
      server.store({ room, kind, id: '', type: '', version: 0, body: 'not JSON' });
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
  });
}

describeLog('in memory', start);
describeLive('in memory', start);
describeSharing('in memory', start);
