import { describe, expect, it } from '@jest/globals';
import { type DomainEvent, encodeEvent, GLOBAL_ROOM, kindOf, partitionOf, partitionRoom } from '#domain';
import type { LogRecord } from '#event-store';
import { firstVersion, memoryReadModels } from '#read-models';
import { timeline } from '../src/index.js';
import { Worker } from '../src/engine/worker.js';

const NUMBER = partitionOf(GLOBAL_ROOM);
const at = '2026-01-02T03:04:05.678Z';
const key = '000000000000000000000001';
const ERASED = 2;
const events: DomainEvent[] = [
  {
    ...{ type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key}`, at, messageId: key, content: 'hello' },
    sender: { id: 'ada', name: 'Ada', avatar: null },
  },
  { type: 'UserErased', room: partitionRoom(NUMBER), id: `erase.${key}`, at, userId: 'ada', keyId: null },
];
const records = events.map((event, i): LogRecord => {
  const { type, version, room, body } = encodeEvent(event);
  return { seq: i + 1, partition: NUMBER, room, kind: kindOf(event.type), id: event.id, type, version, body, at: 0 };
});
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** A worker over a log in which somebody is erased, whose page waits to be written. */
async function sweepingWorker() {
  const readModels = memoryReadModels();
  await readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
  const done: string[] = [];
  const reached = Promise.withResolvers<undefined>();
  const page = Promise.withResolvers<undefined>();
  const store = readModels.projection('timeline', 1);
  const worker = new Worker({
    ...{ projection: timeline, version: 1, announcing: true, owner: 'w', logger: quiet },
    readModels: {
      ...{ shared: false, checkpoints: readModels.checkpoints, versions: readModels.versions },
      ping: () => readModels.ping(),
      projection: () => ({
        ...{ setUp: store.setUp.bind(store), get: store.get.bind(store), findBy: store.findBy.bind(store) },
        ...{ range: store.range.bind(store), highest: store.highest.bind(store) },
        write: async (collection, writes) => {
          if (collection === 'messages' && writes.some(({ document }) => document.seq === ERASED)) {
            reached.resolve(undefined);
            await page.promise;
            done.push('written');
          }
          await store.write(collection, writes);
        },
      }),
    },
    log: {
      setUp: () => Promise.resolve([]),
      restoredAt: () => Promise.resolve(0),
      recordAt: (seq: number) => Promise.resolve(records[seq - 1] ?? null),
      eraser: { carryOut: () => Promise.resolve([]) },
      live: {
        ...{ publishToRoom: () => undefined, publishToUser: () => undefined, flush: () => Promise.resolve() },
        onInterrupted: () => () => true,
      },
      consume: ({ partition }: { partition: number }) => {
        const batches = partition === NUMBER ? [records] : [];
        return Promise.resolve({
          ended: null,
          next: () => Promise.resolve(batches.shift() ?? new Promise<never>(() => undefined)),
          ack: () => undefined,
          close: () => {
            if (partition === NUMBER) done.push('closed');
            return Promise.resolve();
          },
          lag: () => Promise.resolve(0),
        });
      },
    } as never,
  });
  return { worker, done, reached: reached.promise, write: page.resolve.bind(null, undefined) };
}

describe('a worker that carries out an erasure', () => {
  it('ends once the page is written that it has begun, and lets go of the partition then', async () => {
    const { worker, done, reached, write } = await sweepingWorker();
    void worker.start();
    await reached;
    const stopped = worker.stop();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(done).toEqual([]);
    write();
    await stopped;
    expect(done).toEqual(['written', 'closed']);
  });
});
