import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { PARTITIONS } from '#domain';
import { checkpointsOf } from '#read-models';
import { MONGODB_URL, SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { EveryPartition } from './every-partition.js';
import { Projectors } from './projectors.js';

const REPETITIONS = 3;

/** For what is not measured: a process takes its time to start where others are busy. */
const PATIENCE_MS = 30_000;

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

(MONGODB_URL === undefined ? describe.skip : describe)('a projector that goes', () => {
  let system: SystemUnderTest;
  let projectors: Projectors;
  let traffic: EveryPartition;

  /** How many partitions each of the projectors owns. */
  const shares = async (): Promise<number[]> => {
    const { versions, checkpoints } = system.readModels;
    const serving = (await versions.read('timeline'))?.serving.number ?? 0;
    const stored = await checkpointsOf(checkpoints, 'timeline', serving);
    return projectors.all.map(
      (projector) => stored.filter((checkpoint) => projector.isCalled(checkpoint?.owner)).length,
    );
  };
  const haveShares = (what: string, ...wanted: number[]) =>
    until(
      what,
      async () => {
        await sleep(100);
        return (await shares()).join() === wanted.join();
      },
      PATIENCE_MS,
    );

  /** How long anybody waited for an event, in ms, while the second projector went. */
  const longestWait = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number> => {
    projectors.all[1]!.start();
    await haveShares('each has its share', PARTITIONS / 2, PARTITIONS / 2);
    await traffic.allTold();
    // At a random moment between two heartbeats, which come every second.
    await sleep(1_000 + Math.random() * 1_000);
    const wentAt = performance.now();
    await projectors.all[1]!.end(signal);
    await haveShares('the other has all of them', PARTITIONS, 0);
    await traffic.allTold();
    return traffic.longestWaitSince(wentAt);
  };

  const expectMedian = async (signal: 'SIGKILL' | 'SIGTERM', limitMs: number) => {
    const waits: number[] = [];
    while (waits.length < REPETITIONS) waits.push(Math.round(await longestWait(signal)));
    process.stdout.write(`after ${signal} an event waited for ${waits.join(', ')} ms at most\n`);
    expect(median(waits)).toBeLessThan(limitMs);
  };

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    projectors = new Projectors(system, 2, 'timeline');
    projectors.all[0]!.start();
    await haveShares('it has all of them', PARTITIONS, 0);
    traffic = await EveryPartition.start(system);
  });

  afterAll(async () => {
    await projectors.close();
    await system.close();
  });

  it(
    'by SIGTERM is followed by the other one within 1 s, in every partition',
    () => expectMedian('SIGTERM', 1_000),
    120_000,
  );

  it(
    'by SIGKILL is followed by the other one within 5 s, in every partition',
    () => expectMedian('SIGKILL', 5_000),
    120_000,
  );

  it('leaves no event out, and none twice or out of order', async () => {
    await traffic.stop();
    await traffic.allTold();
    expect(await traffic.faults()).toEqual([]);
    expect(projectors.complaints()).toEqual([]);
  });
});
