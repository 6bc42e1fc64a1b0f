import { expect, it } from '@jest/globals';
import { GLOBAL_ROOM, PARTITIONS, clanRoom, partitionOf } from '#domain';
import { checkpointId, type Document, firstVersion, gapId, memoryReadModels } from '#read-models';
import { timeline } from '../src/index.js';
import { takeOver } from '../src/engine/take-over.js';

it('who takes a partition over reads of what was set aside only what lies beyond its checkpoint', async () => {
  const readModels = memoryReadModels();
  const number = partitionOf(GLOBAL_ROOM);
  const other = Array.from({ length: PARTITIONS }, (_, i) => clanRoom(String(i))).find(
    (room) => partitionOf(room) !== number,
  )!;
  await readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
  const id = checkpointId('timeline', 1, number);
  const { epoch } = await readModels.checkpoints.claim(id, 'before');
  await readModels.checkpoints.save([{ id, epoch, seq: 10, eventId: 'msg.10' }]);
  const store = readModels.projection('timeline', 1);
  const gap = (room: typeof other, seq: number) => ({ document: { _id: gapId(room, seq), seq, room }, known: false });
  const gaps = [gap(GLOBAL_ROOM, 9), gap(GLOBAL_ROOM, 10), gap(GLOBAL_ROOM, 11), gap(other, 12), gap(GLOBAL_ROOM, 13)];
  await store.write('gaps', gaps);
  let read: readonly Document[] = [];
  const highest: typeof store.highest = async (...asked) => {
    const found = await store.highest(...asked);
    read = found;
    return found as never;
  };
  const taken = await takeOver(
    {
      ...{ projection: timeline, version: 1, owner: 'after', logger: { log: () => undefined, error: () => undefined } },
      log: {
        consume: () => Promise.resolve({} as never),
        recordAt: () => Promise.resolve({ id: 'msg.10' } as never),
        restoredAt: () => Promise.resolve(0),
      },
      readModels: { ...readModels, projection: () => ({ ...store, highest }) },
    },
    number,
  );
  expect(read.map(({ seq }) => seq)).toEqual([13, 12, 11]);
  expect([...taken.setAside]).toEqual([13, 11]);
});
