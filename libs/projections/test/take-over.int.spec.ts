import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { clanRoom, type DomainEvent, GLOBAL_ROOM, keySequence, PARTITIONS, partitionOf, type Room } from '#domain';
import { EventLog } from '#event-store';
import {
  type Checkpoint,
  checkpointsOf,
  firstVersion,
  memoryReadModels,
  type ReadModels,
  withServingLost,
} from '#read-models';
import { Timeline } from '../src/index.js';
import { timeline, Worker, type WorkedLog, type WorkerLog } from '../src/index.js';
import { until } from './read-models-under-test.js';

const servers = process.env['TEST_NATS_URL'] ?? '';
const nextKey = keySequence(randomBytes(8));

const posted = (room: Room, content: string): DomainEvent => {
  const key = nextKey();
  const sender = { id: '1', name: 'Ada', avatar: null };
  const at = '2026-01-02T03:04:05.678Z';
  return { type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, sender, content };
};

/** A room of another partition than the global one. */
const elsewhere = Array.from({ length: 50 }, (_, i) => clanRoom(String(i))).find(
  (room) => partitionOf(room) !== partitionOf(GLOBAL_ROOM),
)!;

/** Read models in memory that several workers see. */
const shared = (): ReadModels => ({ ...memoryReadModels(), shared: true });

describe('a take-over', () => {
  const said: string[] = [];
  const logger: WorkerLog = { log: (m) => said.push(m), warn: (m) => said.push(m), error: (m) => said.push(m) };
  let log: EventLog;
  let readModels: ReadModels;
  let workers: Worker<unknown>[];

  beforeEach(async () => {
    const suffix = randomUUID().slice(0, 8);
    log = await EventLog.connect({ servers, stream: `T_${suffix}`, prefix: `t_${suffix}`, name: 'take-over test' });
    await log.setUp();
    readModels = shared();
    await readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
    workers = [];
    said.length = 0;
  });

  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await log.close();
  });

  const start = (
    parts: { readonly log?: WorkedLog; readonly readModels?: ReadModels; readonly owner?: string } = {},
  ) => {
    const worker = new Worker({
      ...{ projection: timeline, version: 1, announcing: true, owner: 'one', logger, log, readModels },
      ...parts,
    });
    workers.push(worker);
    void worker.start();
    return worker;
  };
  /** The log, with one of its calls otherwise. */
  const logWith = (changed: Partial<WorkedLog>): WorkedLog => ({
    setUp: () => log.setUp(),
    eraser: log.eraser,
    recordAt: (seq) => log.recordAt(seq),
    restoredAt: () => log.restoredAt(),
    letters: log.letters,
    consume: (options) => log.consume(options),
    live: log.live,
    workers: log.workers,
    ...changed,
  });
  const lastN = (room: Room) => new Timeline(readModels.projection('timeline', 1)).lastN(room);
  const checkpoints = () => checkpointsOf(readModels.checkpoints, 'timeline', 1);

  it('claims nothing where any checkpoint is of another log', async () => {
    const partition = 9;
    for (let number = 0; number < PARTITIONS; number++)
      await readModels.checkpoints.claim(`timeline-1:${number}`, 'it');
    const epochs = async () => (await checkpoints()).map((checkpoint) => checkpoint!.epoch);
    const before = await epochs();
    const [id, epoch] = [`timeline-1:${partition}`, before[partition]!];
    await readModels.checkpoints.save([{ id, epoch, seq: 5, eventId: 'msg.elsewhere' }]);
    const worker = start();
    await until('it refuses', () => worker.state === 'refused');
    expect(said.at(-1)).toContain('partition 9 is folded up to event msg.elsewhere at 5, where the log has nothing');
    expect(await epochs()).toEqual(before);
    expect(await log.workers.of('timeline-1')).toEqual([]);
  });

  it('is checked once more after the claim: its last owner may have gone on since', async () => {
    const id = `timeline-1:${partitionOf(GLOBAL_ROOM)}`;
    const late: ReadModels = {
      ...readModels,
      checkpoints: {
        read: (ids) => readModels.checkpoints.read(ids),
        save: (saves) => readModels.checkpoints.save(saves),
        claim: async (claimed, owner): Promise<Checkpoint> => {
          const checkpoint = await readModels.checkpoints.claim(claimed, owner);
          return claimed === id ? { ...checkpoint, seq: 7, eventId: 'msg.unheard-of' } : checkpoint;
        },
      },
    };
    const worker = start({ readModels: late });
    await until('it refuses', () => worker.state === 'refused');
    expect(said.at(-1)).toContain('msg.unheard-of at 7');
  });

  it('that is slow, or fails, keeps only its own partition waiting', async () => {
    const slow = partitionOf(GLOBAL_ROOM);
    let attempts = 0;
    let isSlow = true;
    const worker = start({
      log: logWith({
        consume: async (options) => {
          if (options.partition !== slow) return log.consume(options);
          attempts++;
          await until('it is let go', () => !isSlow);
          if (attempts === 1) throw new Error('the consumer was not made in time');
          return log.consume(options);
        },
      }),
    });
    await log.append(posted(GLOBAL_ROOM, 'waits'));
    await log.append(posted(elsewhere, 'does not'));
    await until('the others fold', async () => (await lastN(elsewhere)) === 1);
    await until('the others are taken', () => worker.owned.length === PARTITIONS - 1);
    expect(worker.state).toBe('starting');
    const before = await checkpoints();
    isSlow = false;
    await until('all is folded', async () => (await lastN(GLOBAL_ROOM)) === 1);
    await until('it runs', () => worker.state === 'running');
    expect(attempts).toBe(2);
    // Nobody else began anew.
    const raised = (await checkpoints()).flatMap((now, i) => (now?.epoch === before[i]?.epoch ? [] : [i]));
    expect(raised).toEqual([slow]);
  });

  it.each([
    ['read models in memory', false],
    ['shared read models', true],
  ])('replaces a consumer that is gone although nobody else has taken the partition, %s', async (_, isShared) => {
    readModels = { ...readModels, shared: isShared };
    const worker = start();
    await log.append(posted(GLOBAL_ROOM, 'before'));
    await until('folded', async () => (await lastN(GLOBAL_ROOM)) === 1);
    await until('saved', async () => (await worker.lag()) === 0);
    const before = await checkpoints();
    await log.removeConsumers(`timeline-1-${isShared ? '' : 'one-'}${partitionOf(GLOBAL_ROOM)}-e`);
    await log.append(posted(GLOBAL_ROOM, 'after'));
    await until('folded on', async () => (await lastN(GLOBAL_ROOM)) === 2);
    const raised = (await checkpoints()).flatMap((now, i) => (now?.epoch === before[i]?.epoch ? [] : [i]));
    expect(raised).toEqual([partitionOf(GLOBAL_ROOM)]);
    expect(said.filter((line) => line.includes('fenced'))).toEqual([]);
  });

  it('by another is not undone by the one that was fenced off, before it has read the workers again', async () => {
    const { workers: present } = log;
    let mayRead: () => boolean = () => true;
    const second = start({
      owner: 'two',
      log: logWith({
        workers: {
          beat: (group, worker) => present.beat(group, worker),
          leave: (group, worker) => present.leave(group, worker),
          announce: (group) => {
            present.announce(group);
          },
          onAnnounced: (group, listener) => present.onAnnounced(group, listener),
          of: (group) => present.of(group),
          present: async (group) => {
            await until('it may', mayRead);
            return present.present(group);
          },
        },
      }),
    });
    start();
    await until('they share', () => workers.every(({ owned }) => owned.length === 8));
    mayRead = () => false;
    const taken = second.owned[0]!;
    // Somebody who sees other workers than they do.
    const { epoch } = await readModels.checkpoints.claim(`timeline-1:${taken}`, 'three');
    await log.removeConsumers(`timeline-1-${taken}-e`);
    await until('it is fenced off', () => said.some((line) => line.includes(`is fenced off partitions ${taken}`)));
    await sleep(300);
    expect((await checkpoints())[taken]?.epoch).toBe(epoch);
    mayRead = () => true;
    await until('it has it again', () => second.owned.includes(taken));
    expect((await checkpoints())[taken]?.epoch).toBe(epoch + 1);
  });

  describe('that was emptied under it', () => {
    const told: string[] = [];
    const numbersTold = () => told.map((text) => (JSON.parse(text) as { to: number }).to);
    const by = (owner: string, content: string): DomainEvent => ({
      ...(posted(GLOBAL_ROOM, content) as DomainEvent & { readonly type: 'MessageCreated' }),
      clientId: owner,
    });
    beforeEach(async () => {
      told.length = 0;
      for (const room of [GLOBAL_ROOM, elsewhere]) log.live.subscribeToRoom(room, (text) => told.push(text));
      await log.live.flush();
    });

    it('tells nothing of a room whose head it does not know', async () => {
      const worker = start();
      await until('it runs', () => worker.owned.length === PARTITIONS);
      await readModels.remove('timeline', 1);
      await log.append(posted(GLOBAL_ROOM, 'by a wrong number'));
      await until('it ends', () => worker.state === 'emptied');
      expect(said.at(-1)).toContain('the database was emptied');
      await log.live.flush();
      expect(told).toEqual([]);
      expect(await lastN(GLOBAL_ROOM)).toBe(0);
      expect(await log.workers.of('timeline-1')).toEqual([]);
    });

    it('tells nothing of a room that it knows where it looks for more than its head', async () => {
      const worker = start();
      const first = by('a client', 'once');
      await log.append(first);
      await until('saved', async () => (await lastN(GLOBAL_ROOM)) === 1 && (await worker.lag()) === 0);
      await readModels.remove('timeline', 1);
      // A duplicate of one that is not found any more is no duplicate.
      await log.append({ ...first, id: `msg.${nextKey()}` });
      await until('it ends', () => worker.state === 'emptied');
      await log.live.flush();
      expect(numbersTold()).toEqual([1]);
      expect(await lastN(GLOBAL_ROOM)).toBe(0);
    });

    it('tells nothing either where somebody else has claimed the checkpoint that is there by then', async () => {
      const worker = start();
      await log.append(posted(GLOBAL_ROOM, 'before'));
      await log.append(posted(elsewhere, 'known'));
      await until('saved', async () => (await lastN(elsewhere)) === 1 && (await worker.lag()) === 0);
      await worker.stop();
      const cold = start({ owner: 'two' });
      await until('it runs', () => cold.owned.length === PARTITIONS);
      await readModels.remove('timeline', 1);
      for (let number = 0; number < PARTITIONS; number++)
        await readModels.checkpoints.claim(`timeline-1:${number}`, 'three');
      await log.append(posted(GLOBAL_ROOM, 'by a wrong number'));
      await until('it is fenced off', () =>
        said.some((line) => line.includes(`is fenced off partitions ${partitionOf(GLOBAL_ROOM)}`)),
      );
      await log.live.flush();
      expect(numbersTold()).toEqual([1, 1]);
      expect(cold.state).not.toBe('emptied');
    });

    it('begins nothing where its version is none of those that there are', async () => {
      await readModels.versions.replace(
        'timeline',
        withServingLost((await readModels.versions.read('timeline'))!, 1, 2),
      );
      const worker = start();
      await until('it ends', () => worker.state === 'emptied');
      expect(said.at(-1)).toContain('nobody knows of timeline-1 any more');
    });

    it('is noticed within seconds where nothing comes', async () => {
      const worker = start();
      await log.append(posted(GLOBAL_ROOM, 'the last'));
      await until('saved', async () => (await lastN(GLOBAL_ROOM)) === 1 && (await worker.lag()) === 0);
      await readModels.remove('timeline', 1);
      await until('it ends', () => worker.state === 'emptied');
    });

    it('goes on telling of rooms that it knows until it saves, and saves nothing', async () => {
      const worker = start();
      await log.append(posted(elsewhere, 'known'));
      await until('saved', async () => (await lastN(elsewhere)) === 1 && (await worker.lag()) === 0);
      await readModels.remove('timeline', 1);
      await log.append(posted(elsewhere, 'by its right number'));
      await until('it ends', () => worker.state === 'emptied');
      expect(numbersTold()).toEqual([1, 2]);
      expect((await checkpoints()).filter((checkpoint) => checkpoint !== null)).toEqual([]);
    });
  });
});
