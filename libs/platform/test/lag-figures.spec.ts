import { expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ConsumerLag, EventLog } from '#event-store';
import { type Checkpoint, firstVersion, type ReadModels, withNextVersion } from '#read-models';
import { type AtEnd, lagFigures, Metrics } from '../src/index.js';

/** What is told of a log of 200 events, of which a version that is built has some left in each partition. */
async function told(left: readonly number[], events = 200): Promise<string[]> {
  const consumers = left.map((pending, partition): ConsumerLag => ({
    ...{ name: `timeline-2-${partition}-e1`, pending, acknowledged: 0, acknowledgedSeq: 0 },
  }));
  const log = {
    state: () => Promise.resolve({ messages: events, at: 2_000 }),
    letters: { places: () => Promise.resolve([]) },
    consumers: () => Promise.resolve(consumers),
    backlog: () => Promise.resolve(0),
    oldestOfBacklog: () => Promise.resolve(1_000),
  } as unknown as EventLog;
  const readModels = {
    shared: true,
    versions: {
      read: (name: string) => Promise.resolve(name === 'timeline' ? withNextVersion(firstVersion(1, 1), 1) : null),
    },
    checkpoints: {
      read: (ids: readonly string[]) =>
        Promise.resolve(new Map(ids.map((id): [string, Checkpoint] => [id, checkpoint(id)]))),
    },
  } as unknown as ReadModels;
  const metrics = await Metrics.load();
  metrics.add(...lagFigures(log, readModels, () => undefined));
  return (await metrics.text()).split('\n');
}

const checkpoint = (id: string): Checkpoint => ({ id, owner: 'one', epoch: 1, seq: 9, eventId: 'msg.1' }) as never;

const progress = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('parley_projection_rebuild_progress_ratio{'));

it('tells how much of the log a rebuild has folded, of what is built alone', async () => {
  const left = [30, 20, ...Array.from({ length: 14 }, () => 0)];
  const lines = await told(left);
  expect(progress(lines)).toEqual(['parley_projection_rebuild_progress_ratio{projection="timeline"} 0.75']);
  const lag = (version: string, partition: number) =>
    `parley_projection_lag_events{projection="timeline",version="${version}",partition="${partition}"}`;
  expect(lines).toContain(`${lag('building', 0)} 30`);
  expect(lines).toContain(`${lag('building', 2)} 0`);
  expect(lines).toContain(`${lag('serving', 0)} 0`);
});

it('tells that all is folded where there is nothing, and never less than nothing', async () => {
  expect(progress(await told([0], 0))).toEqual(['parley_projection_rebuild_progress_ratio{projection="timeline"} 1']);
  // What was counted later may be more than the log held then.
  expect(progress(await told([300]))).toEqual(['parley_projection_rebuild_progress_ratio{projection="timeline"} 0']);
});

it('warns of a lag that is not known, and not of one that is asked for while the process ends', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const asked = async (isOver: boolean) => {
    const question = Promise.withResolvers<never>();
    const log = { state: () => question.promise } as unknown as EventLog;
    const stops: (() => Promise<unknown>)[] = [];
    const atEnd: AtEnd = (_, stop) => stops.push(stop);
    const metrics = await Metrics.load();
    metrics.add(...lagFigures(log, {} as ReadModels, atEnd));
    const told = metrics.text();
    if (isOver) for (const stop of stops) await stop();
    question.reject(new Error('it is closed'));
    await told;
    return warn.mock.calls.map(([line]) => line as string);
  };
  expect(await asked(true)).toEqual([]);
  expect(await asked(false)).toEqual([expect.stringContaining('is not known: it is closed')]);
  warn.mockRestore();
});
