import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom, partitionOf } from '#domain';
import { firstVersion } from '#read-models';
import type { StatusReport } from '#operations';
import { MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl status', () => {
  const room = clanRoom('3');
  let system: SystemUnderTest;

  beforeEach(async () => {
    system = await SystemUnderTest.create();
  });

  afterEach(async () => {
    await system.close();
  });

  const report = async (): Promise<StatusReport> => {
    const { status, out } = await system.chatctl('status', '--json');
    expect(status).toBe(0);
    return JSON.parse(out) as StatusReport;
  };

  it('tells what nobody ever ran', async () => {
    await system.append(posted(room, 'hello'));
    const { projections, neverRun, streams } = await report();
    expect(projections).toEqual([]);
    expect(neverRun).toContain('timeline');
    expect(streams[0]).toMatchObject({ name: system.env['EVENT_STREAM'], messages: 1, firstSeq: 1, lastSeq: 1 });
    expect(streams[0]!.bytes).toBeGreaterThan(0);
  });

  it('shows owners, positions, workers and streams', async () => {
    for (let i = 0; i < 10; i++) await system.append(posted(room, String(i)));
    system.startBoth();
    await system.folded();
    const { projections, streams } = await report();
    const names = streams.map(({ name }) => name.replace(/^CTL_[^_]+/, ''));
    expect(names).toEqual(['', '_DEAD', '_MEMBERS', '_REVOKED', '_KEYS']);
    const [timeline, directory] = projections;
    expect(timeline).toMatchObject({ projection: 'timeline-1', workers: ['one'], lagEvents: 0, lagSeconds: 0 });
    expect(directory).toMatchObject({ projection: 'directory-1', workers: ['two'], lagEvents: 0 });
    expect(timeline!.partitions).toHaveLength(16);
    const partition = partitionOf(room);
    expect(timeline!.partitions[partition]).toMatchObject({ owner: 'one', present: true, position: 10, rate: 0 });
    // Its kinds of events never came.
    expect(directory!.partitions[partition]).toMatchObject({ owner: 'two', position: 0, lagEvents: 0 });
    expect((await system.chatctl('status')).out).toMatch(/timeline-1: a one\ndirectory-1: a two\n/);
  });

  it('counts what waits, and how long, after the last worker has gone', async () => {
    await system.append(posted(room, 'folded'));
    system.start('one');
    await system.folded();
    await system.stopWorkers();
    for (let i = 0; i < 5; i++) await system.append(posted(room, String(i)));
    const beganAt = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [timeline] = (await report()).projections;
    expect(timeline).toMatchObject({ workers: [], lagEvents: 5 });
    const { lagSeconds, ...rest } = timeline!.partitions[partitionOf(room)]!;
    expect(rest).toMatchObject({ owner: 'one', present: false, position: 1, lagEvents: 5 });
    expect(lagSeconds).toBeGreaterThanOrEqual(0.5);
    expect(lagSeconds).toBeLessThan((Date.now() - beganAt) / 1_000 + 1);
  });

  it('counts what waits where no consumer is left to tell', async () => {
    for (let i = 0; i < 5; i++) await system.append(posted(room, String(i)));
    const partition = partitionOf(room);
    await system.readModels.versions.replace('timeline', firstVersion(1, 1));
    await system.readModels.checkpoints.claim(`timeline-1:${partition}`, 'somebody');
    expect((await report()).projections[0]!.partitions[partition]).toMatchObject({ position: 0, lagEvents: 5 });
  });

  it('shows the rate of the last second, and dead letters', async () => {
    system.start('one');
    await system.folded();
    await system.log.letters.put({ projection: 'timeline', partition: 4, seq: 9, reason: 'for the test' });
    const sending = { on: true };
    const sender = (async () => {
      while (sending.on) await system.append(posted(room, 'again and again'));
    })();
    await until('some are folded', () => system.log.lastSeq().then((seq) => seq > 50));
    const [timeline] = (await report()).projections;
    sending.on = false;
    await sender;
    expect(timeline!.rate).toBeGreaterThan(10);
    expect(timeline!.partitions[partitionOf(room)]!.rate).toBeCloseTo(timeline!.rate);
    expect(timeline!.partitions.map(({ deadLetters }) => deadLetters).indexOf(1)).toBe(4);
    expect(timeline!.deadLetters).toBe(1);
  });
});
