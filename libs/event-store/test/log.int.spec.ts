import { type DomainEvent, type Kind, partitionOf, type Room } from '#domain';
import type { Stored } from '../src/index.js';
import { describeLog } from './conformance.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { describeLive } from './live-conformance.js';
import { LogUnderTest } from './log-under-test.js';
import { describeFoldedLog } from './folded-conformance.js';
import { describeSharing } from './shared-conformance.js';

/** Each process has its own way to the server, which the test cuts. */
async function start() {
  const test = await LogUnderTest.create();
  const proxies: CuttableProxy[] = [];
  return {
    connect: async () => {
      const proxy = await CuttableProxy.start(test.options.servers);
      proxies.push(proxy);
      const log = await test.open({ servers: proxy.url });
      const phase = (wanted: string) =>
        new Promise<void>((resolve) => {
          const stop = log.live.onInterrupted((now) => {
            if (now !== wanted) return;
            stop();
            resolve();
          });
        });
      return {
        log,
        hold: () => {
          proxy.hold();
        },
        loseAnswers: async () => {
          proxy.loseAnswers();
          await proxy.losesAppend();
          proxy.keepAnswers();
        },
        lose: async () => {
          const lost = phase('lost');
          proxy.cut();
          await lost;
        },
        comeBack: async () => {
          const back = phase('back');
          proxy.mend();
          await back;
        },
      };
    },
    spoil: (room: Room, kind: Kind) => test.publish(`ev.${partitionOf(room)}.${room}.${kind}`, 'not JSON'),
    stop: async () => {
      await test.remove();
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    },
  };
}

describeLog('on a server', start);
describeLive('on a server', start);
describeSharing('on a server', start);
describeFoldedLog('on a server', async () => {
  const server = await start();
  const { log } = await server.connect();
  return {
    ...server,
    append: async (event: DomainEvent) => ((await log.append(event)) as Stored).seq,
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
});
