import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, PARTITIONS, partitionOf } from '#domain';
import { type LogRecord } from '#event-store';
import { gapCollection, type ReadModels } from '#read-models';
import { type Projection, Timeline, timeline, type WorkedLog } from '../src/index.js';
import { ownersOf } from '../src/engine/sharing.js';
import { until } from './read-models-under-test.js';
import { posted, WorkersOnLog } from './workers-on-log.js';

const PARTITION = partitionOf(GLOBAL_ROOM);

/** What this release cannot read is what says so; a newer one, which is this one without it, can. */
const NEWER = 'newer';

describe('an event of a newer release', () => {
  let running: WorkersOnLog;
  beforeEach(async () => {
    running = await WorkersOnLog.begin();
  });
  afterEach(() => running.end());

  /** The log as a release before sees it: messages of a version that it does not know. */
  const older = (): WorkedLog =>
    running.logWith({
      consume: async (options) => {
        const consumer = await running.log.consume(options);
        const seen = (record: LogRecord) => (record.body.includes(NEWER) ? { ...record, version: 3 } : record);
        return {
          get ended() {
            return consumer.ended;
          },
          next: async () => {
            const records = await consumer.next();
            return typeof records === 'string' ? records : records.map(seen);
          },
          ack: (seq) => {
            consumer.ack(seq);
          },
          lag: () => consumer.lag(),
          close: (forGood) => consumer.close(forGood),
        };
      },
    });

  const start = (owner: string, parts: Parameters<WorkersOnLog['start']>[0] = {}) => running.start({ owner, ...parts });
  const queries = () => new Timeline(running.readModels.projection('timeline', 1));
  const contents = async () =>
    (await queries().pageAfter(GLOBAL_ROOM, { after: 0, limit: 100 })).map(({ n, content }) => [n, content]);
  const letters = async () => {
    const seqs: number[] = [];
    for await (const { seq } of running.log.letters.all()) seqs.push(seq);
    return seqs;
  };
  const append = (...contents: string[]) =>
    Promise.all(contents.map((content) => running.log.append(posted(GLOBAL_ROOM, content))));

  it('is waited for, with everything behind it, until a projector of that release folds it', async () => {
    const [first, second] = [start('one', { log: older() }), start('two', { log: older() })];
    await until('they share', () => first.owned.length === 8 && second.owned.length === 8);
    await append('before', NEWER);
    await append('after');
    const stuck = () => [first, second].find(({ newer }) => newer.length > 0);
    await until('it waits', () => stuck() !== undefined);
    expect(stuck()!.newer).toEqual([{ partition: PARTITION, seq: 2, what: 'MessageCreated version 3' }]);
    await until('it is not ready', () => stuck()?.state === 'waiting');
    await until('what came before is saved', async () => {
      const checkpoint = (await running.readModels.checkpoints.read([`timeline-1:${PARTITION}`])).get(
        `timeline-1:${PARTITION}`,
      );
      return checkpoint?.seq === 1;
    });
    expect(await contents()).toEqual([[1, 'before']]);
    // Both may be asked, and neither can: it is said once by each that had it.
    expect(
      running.said.filter((line) => line.includes(`partition ${PARTITION} waits before event 2`)).length,
    ).toBeLessThan(3);

    // One that would not have it if everybody could fold everything.
    const present = (name: string) => ['one', 'two', name].map((each) => ({ name: each, declines: [] }));
    const names = Array.from({ length: 99 }, (_, i) => `three-${i}`);
    const newer = start(names.find((name) => ownersOf('timeline-1', present(name))[PARTITION] !== name)!);
    await until('the newer one has it', () => newer.owned.includes(PARTITION));
    await until('all is folded', async () => (await queries().lastN(GLOBAL_ROOM)) === 3);
    expect(await contents()).toEqual([
      [1, 'before'],
      [2, NEWER],
      [3, 'after'],
    ]);
    const owned = () => running.workers.flatMap((worker) => worker.owned);
    const allRun = () => running.workers.every(({ state }) => state === 'running');
    await until('all run, and share', () => allRun() && owned().length === PARTITIONS);
    expect(await letters()).toEqual([]);
  });

  it('is a dead letter where nobody newer is to come, and an operator said so', async () => {
    start('one', { log: older(), waitsForNewer: false });
    await append('before', NEWER);
    await append('after');
    await until('the next one', async () => (await queries().lastN(GLOBAL_ROOM)) === 2);
    expect(await contents()).toEqual([
      [1, 'before'],
      [2, 'after'],
    ]);
    await until('the letter', async () => (await letters()).join() === '2');
  });

  /** Dies once the documents of its first round with an event behind the one set aside are written. */
  const untilItDies = async (what: string, parts: Parameters<WorkersOnLog['start']>[0]) => {
    const broken: ReadModels = {
      ...running.readModels,
      checkpoints: {
        read: (ids) => running.readModels.checkpoints.read(ids),
        claim: (id, owner) => running.readModels.checkpoints.claim(id, owner),
        save: () => Promise.reject(new Error('it is dead')),
      },
    };
    const dying = start('dying', { readModels: broken, ...parts });
    await append('before', NEWER);
    await append('after');
    await until(what, async () => (await queries().lastN(GLOBAL_ROOM)) === 2 || dying.newer.length > 0);
    await dying.stop();
    running.workers.length = 0;
  };

  it('has one place, and what came after it one, where an older owner died in between', async () => {
    await untilItDies('it has met it', { log: older() });
    start('next');
    await until('all is folded', async () => (await queries().lastN(GLOBAL_ROOM)) === 3);
    expect(await contents()).toEqual([
      [1, 'before'],
      [2, NEWER],
      [3, 'after'],
    ]);
    expect(await letters()).toEqual([]);
  });

  it('is marked as set aside before anything behind it is written', async () => {
    const asked: string[] = [];
    const unmarked: ReadModels = {
      ...running.readModels,
      projection: (name, version) => {
        const store = running.readModels.projection(name, version);
        return {
          setUp: (collections) => store.setUp(collections),
          get: (collection, ids) => store.get(collection, ids),
          findBy: (collection, field, values) => store.findBy(collection, field, values),
          range: (collection, range) => store.range(collection, range),
          highest: (collection, highest) => store.highest(collection, highest),
          write: (collection, writes) => {
            asked.push(collection);
            return collection === gapCollection.name
              ? Promise.reject(new Error('it is not written'))
              : store.write(collection, writes);
          },
        };
      },
    };
    await append(NEWER, 'after');
    start('one', { log: older(), waitsForNewer: false, readModels: unmarked });
    await until('it is to be marked, again and again', () => asked.length > 2);
    expect(new Set(asked)).toEqual(new Set([gapCollection.name]));
    expect(await contents()).toEqual([]);
  });

  it('or one that only a repaired fold takes in stays set aside, where what came after it has its place', async () => {
    const faulty: Projection<unknown> = {
      ...(timeline as Projection<unknown>),
      fold: (view, event) => {
        if (event.type === 'MessageCreated' && event.content === NEWER) throw new Error('a fault of this release');
        return timeline.fold(view, event);
      },
    };
    await untilItDies('what came after it is written', { projection: faulty });
    const next = start('next');
    await append('last');
    await until('it goes on', async () => (await queries().lastN(GLOBAL_ROOM)) === 3);
    expect(await contents()).toEqual([
      [1, 'before'],
      [2, 'after'],
      [3, 'last'],
    ]);
    await until('it counts it', () => next.counters.deadLetters === 1);
    expect(await letters()).toEqual([2]);
    const store = running.readModels.projection('timeline', 1);
    expect(await store.range(gapCollection.name, { from: '', to: '~', limit: 9 })).toHaveLength(1);
  });
});
