import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, PARTITIONS } from '#domain';
import { Runner, timeline } from '#projections';
import { ServedTimeline } from '#projections';
import { openMongodbReadModels, type ReadModels } from '#read-models';
import { MONGODB_URL, posted, SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { CuttableProxy } from '../../../libs/event-store/test/cuttable-proxy.js';

/** Other tests keep the machine busy meanwhile. */
const PATIENCE_MS = 60_000;
const rooms = Array.from({ length: 40 }, (_, i) => clanRoom(String(i)));

(MONGODB_URL === undefined ? describe.skip : describe)('a projector that alone cannot reach the database', () => {
  let system: SystemUnderTest;
  let proxy: CuttableProxy;
  let cutOff: ReadModels;
  let runner: Runner<unknown>;
  const said: string[] = [];

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    proxy = await CuttableProxy.start(MONGODB_URL!);
    const url = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    cutOff = await openMongodbReadModels({ url, database: system.env['MONGODB_DATABASE']!, timeoutMs: 3_000 });
    const note = (line: string) => void said.push(line);
    const logger = { log: note, warn: note, error: note };
    runner = new Runner({ projection: timeline, log: system.log, readModels: cutOff, owner: 'cut off', logger });
  });

  afterAll(async () => {
    proxy.mend();
    await runner.stop();
    await proxy.stop();
    await cutOff.close();
    await system.close();
  });

  const say = async (content: string) => {
    for (const room of rooms) await system.append(posted(room, content));
  };
  const lengths = async () => {
    const { queries } = await new ServedTimeline(system.readModels).pin();
    return new Set(await Promise.all(rooms.map((room) => queries.lastN(room))));
  };

  it('leaves its share to those that can, and comes back', async () => {
    const steady = system.start('steady');
    void runner.start();
    const shares = () => [steady.owned.length, runner.owned.length];
    const untilShared = async () => {
      const wanted = [PARTITIONS / 2, PARTITIONS / 2].join();
      try {
        await until('both have their share', () => shares().join() === wanted, PATIENCE_MS);
      } catch {
        const now = `they have ${shares().join(' and ')}, the latter is ${runner.state}, and said:`;
        throw new Error(`not in time: both have their share; ${now}\n${said.join('\n')}`);
      }
    };
    await untilShared();
    await say('before');
    await until('all is folded', async () => [...(await lengths())].join() === '1', PATIENCE_MS);
    proxy.cut();
    await say('meanwhile');
    await until('the other has all of them', () => steady.owned.length === PARTITIONS, PATIENCE_MS);
    await until('all is folded', async () => [...(await lengths())].join() === '2', PATIENCE_MS);
    expect(runner.state).toBe('waiting');
    proxy.mend();
    await untilShared();
    await say('afterwards');
    await until('all is folded', async () => [...(await lengths())].join() === '3', PATIENCE_MS);
    expect((await system.chatctl('verify', '--projection', 'timeline')).status).toBe(0);
  }, 300_000);
});
