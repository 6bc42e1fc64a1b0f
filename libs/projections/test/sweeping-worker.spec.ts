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
const said = (id: string, messageId: string): DomainEvent => ({
  ...{ type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${messageId}`, at, messageId, content: 'hello' },
  sender: { id, name: id, avatar: null },
});
const events: DomainEvent[] = [
  said('ada', key),
  { type: 'UserErased', room: partitionRoom(NUMBER), id: `erase.${key}`, at, userId: 'ada', keyId: null },
  said('bob', '000000000000000000000003'),
];
const all = events.map((event, i): LogRecord => {
  const { type, version, room, body } = encodeEvent(event);
  return { seq: i + 1, partition: NUMBER, room, kind: kindOf(event.type), id: event.id, type, version, body, at: 0 };
});
const erasing = all.slice(0, ERASED);
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** A worker over a log in which somebody is erased, whose page waits to be written, or what else is `held`. */
async function sweepingWorker({ records = erasing, paceMs = 16, held = 'messages', from = ERASED } = {}) {
  const readModels = memoryReadModels();
  await readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
  const done: string[] = [];
  const reached = Promise.withResolvers<undefined>();
  let page = Promise.withResolvers<undefined>();
  const gone = Promise.withResolvers<'deleted'>();
  let ended: 'deleted' | null = null;
  let tries = 0;
  const store = readModels.projection('timeline', 1);
  let interrupted: (phase: 'lost' | 'back') => void = () => undefined;
  const worker = new Worker({
    ...{ projection: timeline, version: 1, announcing: true, owner: 'w', logger: quiet, paceMs },
    readModels: {
      ...{ shared: false, checkpoints: readModels.checkpoints, versions: readModels.versions },
      ping: () => readModels.ping(),
      projection: () => ({
        ...{ setUp: store.setUp.bind(store), get: store.get.bind(store), findBy: store.findBy.bind(store) },
        ...{ range: store.range.bind(store), highest: store.highest.bind(store) },
        write: async (collection, writes) => {
          if (collection === held && writes.some(({ document }) => document.seq === from)) {
            tries++;
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
        onInterrupted: (listener: typeof interrupted) => {
          interrupted = listener;
          return () => true;
        },
      },
      consume: ({ partition }: { partition: number }) => {
        const batches = partition === NUMBER ? [records] : [];
        return Promise.resolve({
          get ended() {
            return ended;
          },
          next: () => Promise.resolve(batches.shift() ?? gone.promise),
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
  return {
    ...{ worker, done, reached: reached.promise },
    write: () => {
      page.resolve(undefined);
    },
    /** What is waiting to be written cannot be; what is tried after it waits anew. */
    fail: (error: Error) => {
      const { reject } = page;
      page = Promise.withResolvers();
      reject(error);
    },
    tries: () => tries,
    /** Somebody drops the database, and whoever made the consumers is gone with it. */
    empty: async () => {
      await readModels.remove('timeline', 1);
      ended = 'deleted';
      gone.resolve(ended);
    },
    lose: () => {
      interrupted('lost');
    },
    /** Something has happened that the worker looks at. */
    notice: () => {
      interrupted('back');
    },
  };
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

  it('lets the page be written for which what comes behind it waits, where its rounds have no pace', async () => {
    const { worker, done, reached, write } = await sweepingWorker({ records: all, paceMs: 0 });
    void worker.start();
    await reached;
    // A worker that goes round and round for nothing lets no timer fire.
    setTimeout(write, 10);
    while (worker.counters.folded < all.length) await new Promise((resolve) => setTimeout(resolve, 1));
    await worker.stop();
    expect(done).toEqual(['written', 'closed']);
  });
});

it('a worker that has lost the log lets go of its partitions once what it saves is written', async () => {
  const { worker, done, reached, write, lose } = await sweepingWorker({
    records: all.slice(0, 1),
    held: 'heads',
    from: 1,
  });
  void worker.start();
  await reached;
  lose();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(done).toEqual([]);
  write();
  while (done.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(done).toEqual(['written', 'closed']);
  await worker.stop();
});

it('a worker is waiting from when it cannot save until it can, also while its rounds go on', async () => {
  const { worker, reached, write, fail, notice } = await sweepingWorker({
    ...{ records: all.slice(0, 1), held: 'heads', from: 1 },
  });
  const look = async () => {
    notice();
    await new Promise((resolve) => setTimeout(resolve, 5));
    return worker.state;
  };
  void worker.start();
  await reached;
  expect(await look()).toBe('running');
  fail(new Error('the database is away'));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await look()).toBe('waiting');
  write();
  while (worker.state !== 'running') await new Promise((resolve) => setTimeout(resolve, 5));
  await worker.stop();
});

it('a worker whose read models are emptied ends so, whatever becomes of what it saves', async () => {
  const { worker, done, reached, fail, empty, tries } = await sweepingWorker({
    ...{ records: all.slice(0, 1), held: 'heads', from: 1 },
  });
  const running = worker.start();
  await reached;
  await empty();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect([worker.state, done]).toEqual(['waiting', []]);
  fail(new Error('the database is being dropped'));
  await running;
  expect([worker.state, done, tries()]).toEqual(['emptied', ['closed'], 1]);
});
