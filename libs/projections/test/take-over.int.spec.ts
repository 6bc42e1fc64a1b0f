import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { clanRoom, type DomainEvent, GLOBAL_ROOM, PARTITIONS, partitionOf, type Room } from '#domain';
import { type Checkpoint, checkpointsOf, type ReadModels, withServingLost } from '#read-models';
import { Timeline } from '../src/index.js';
import { until } from './read-models-under-test.js';
import { nextKey, posted, WorkersOnLog } from './workers-on-log.js';

/** A room of another partition than the global one. */
const elsewhere = Array.from({ length: 50 }, (_, i) => clanRoom(String(i))).find(
  (room) => partitionOf(room) !== partitionOf(GLOBAL_ROOM),
)!;

describe('a take-over', () => {
  let running: WorkersOnLog;
  beforeEach(async () => {
    running = await WorkersOnLog.begin();
  });
  afterEach(() => running.end());

  const lastN = (room: Room) => new Timeline(running.readModels.projection('timeline', 1)).lastN(room);
  const checkpoints = () => checkpointsOf(running.readModels.checkpoints, 'timeline', 1);

  it('claims nothing where any checkpoint is of another log', async () => {
    const partition = 9;
    for (let number = 0; number < PARTITIONS; number++)
      await running.readModels.checkpoints.claim(`timeline-1:${number}`, 'it');
    const epochs = async () => (await checkpoints()).map((checkpoint) => checkpoint!.epoch);
    const before = await epochs();
    const [id, epoch] = [`timeline-1:${partition}`, before[partition]!];
    await running.readModels.checkpoints.save([{ id, epoch, seq: 5, eventId: 'msg.elsewhere' }]);
    const worker = running.start();
    await until('it refuses', () => worker.state === 'refused');
    expect(running.said.at(-1)).toContain(
      'partition 9 is folded up to event msg.elsewhere at 5, where the log has nothing',
    );
    expect(await epochs()).toEqual(before);
    expect(await running.log.workers.of('timeline-1')).toEqual([]);
  });

  it('is checked once more after the claim: its last owner may have gone on since', async () => {
    const id = `timeline-1:${partitionOf(GLOBAL_ROOM)}`;
    const late: ReadModels = {
      ...running.readModels,
      checkpoints: {
        read: (ids) => running.readModels.checkpoints.read(ids),
        save: (saves) => running.readModels.checkpoints.save(saves),
        claim: async (claimed, owner): Promise<Checkpoint> => {
          const checkpoint = await running.readModels.checkpoints.claim(claimed, owner);
          return claimed === id ? { ...checkpoint, seq: 7, eventId: 'msg.unheard-of' } : checkpoint;
        },
      },
    };
    const worker = running.start({ readModels: late });
    await until('it refuses', () => worker.state === 'refused');
    expect(running.said.at(-1)).toContain('msg.unheard-of at 7');
  });

  it('that is slow, or fails, keeps only its own partition waiting', async () => {
    const slow = partitionOf(GLOBAL_ROOM);
    let attempts = 0;
    let isSlow = true;
    const worker = running.start({
      log: running.logWith({
        consume: async (options) => {
          if (options.partition !== slow) return running.log.consume(options);
          attempts++;
          await until('it is let go', () => !isSlow);
          if (attempts === 1) throw new Error('the consumer was not made in time');
          return running.log.consume(options);
        },
      }),
    });
    await running.log.append(posted(GLOBAL_ROOM, 'waits'));
    await running.log.append(posted(elsewhere, 'does not'));
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
    const worker = running.start({ readModels: { ...running.readModels, shared: isShared } });
    await running.log.append(posted(GLOBAL_ROOM, 'before'));
    await until('folded', async () => (await lastN(GLOBAL_ROOM)) === 1);
    await until('saved', async () => (await worker.lag()) === 0);
    const before = await checkpoints();
    await running.log.removeConsumers(`timeline-1-${isShared ? '' : 'one-'}${partitionOf(GLOBAL_ROOM)}-e`);
    await running.log.append(posted(GLOBAL_ROOM, 'after'));
    await until('folded on', async () => (await lastN(GLOBAL_ROOM)) === 2);
    const raised = (await checkpoints()).flatMap((now, i) => (now?.epoch === before[i]?.epoch ? [] : [i]));
    expect(raised).toEqual([partitionOf(GLOBAL_ROOM)]);
    expect(running.said.filter((line) => line.includes('fenced'))).toEqual([]);
  });

  it('by another is not undone by the one that was fenced off, before it has read the workers again', async () => {
    const { workers: present } = running.log;
    let mayRead: () => boolean = () => true;
    const second = running.start({
      owner: 'two',
      log: running.logWith({
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
    running.start();
    await until('they share', () => running.workers.every(({ owned }) => owned.length === 8));
    mayRead = () => false;
    const taken = second.owned[0]!;
    // Somebody who sees other workers than they do.
    const { epoch } = await running.readModels.checkpoints.claim(`timeline-1:${taken}`, 'three');
    await running.log.removeConsumers(`timeline-1-${taken}-e`);
    await until('it is fenced off', () =>
      running.said.some((line) => line.includes(`is fenced off partitions ${taken}`)),
    );
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
      ...posted(GLOBAL_ROOM, content),
      clientId: owner,
    });
    beforeEach(async () => {
      told.length = 0;
      for (const room of [GLOBAL_ROOM, elsewhere]) running.log.live.subscribeToRoom(room, (text) => told.push(text));
      await running.log.live.flush();
    });

    it('tells nothing of a room whose head it does not know', async () => {
      const worker = running.start();
      await until('it runs', () => worker.owned.length === PARTITIONS);
      await running.readModels.remove('timeline', 1);
      await running.log.append(posted(GLOBAL_ROOM, 'by a wrong number'));
      await until('it ends', () => worker.state === 'emptied');
      expect(running.said.at(-1)).toContain('the database was emptied');
      await running.log.live.flush();
      expect(told).toEqual([]);
      expect(await lastN(GLOBAL_ROOM)).toBe(0);
      expect(await running.log.workers.of('timeline-1')).toEqual([]);
    });

    it('tells nothing of a room that it knows where it looks for more than its head', async () => {
      const worker = running.start();
      const first = by('a client', 'once');
      await running.log.append(first);
      await until('saved', async () => (await lastN(GLOBAL_ROOM)) === 1 && (await worker.lag()) === 0);
      await running.readModels.remove('timeline', 1);
      // A duplicate of one that is not found any more is no duplicate.
      await running.log.append({ ...first, id: `msg.${nextKey()}` });
      await until('it ends', () => worker.state === 'emptied');
      await running.log.live.flush();
      expect(numbersTold()).toEqual([1]);
      expect(await lastN(GLOBAL_ROOM)).toBe(0);
    });

    it('tells nothing either where somebody else has claimed the checkpoint that is there by then', async () => {
      const worker = running.start();
      await running.log.append(posted(GLOBAL_ROOM, 'before'));
      await running.log.append(posted(elsewhere, 'known'));
      await until('saved', async () => (await lastN(elsewhere)) === 1 && (await worker.lag()) === 0);
      await worker.stop();
      const cold = running.start({ owner: 'two' });
      await until('it runs', () => cold.owned.length === PARTITIONS);
      await running.readModels.remove('timeline', 1);
      for (let number = 0; number < PARTITIONS; number++)
        await running.readModels.checkpoints.claim(`timeline-1:${number}`, 'three');
      await running.log.append(posted(GLOBAL_ROOM, 'by a wrong number'));
      await until('it is fenced off', () =>
        running.said.some((line) => line.includes(`is fenced off partitions ${partitionOf(GLOBAL_ROOM)}`)),
      );
      await running.log.live.flush();
      expect(numbersTold()).toEqual([1, 1]);
      expect(cold.state).not.toBe('emptied');
    });

    it('begins nothing where its version is none of those that there are', async () => {
      await running.readModels.versions.replace(
        'timeline',
        withServingLost((await running.readModels.versions.read('timeline'))!, 1, 2),
      );
      const worker = running.start();
      await until('it ends', () => worker.state === 'emptied');
      expect(running.said.at(-1)).toContain('nobody knows of timeline-1 any more');
    });

    it('is noticed within seconds where nothing comes', async () => {
      const worker = running.start();
      await running.log.append(posted(GLOBAL_ROOM, 'the last'));
      await until('saved', async () => (await lastN(GLOBAL_ROOM)) === 1 && (await worker.lag()) === 0);
      await running.readModels.remove('timeline', 1);
      await until('it ends', () => worker.state === 'emptied');
    });

    it('goes on telling of rooms that it knows until it saves, and saves nothing', async () => {
      const worker = running.start();
      await running.log.append(posted(elsewhere, 'known'));
      await until('saved', async () => (await lastN(elsewhere)) === 1 && (await worker.lag()) === 0);
      await running.readModels.remove('timeline', 1);
      await running.log.append(posted(elsewhere, 'by its right number'));
      await until('it ends', () => worker.state === 'emptied');
      expect(numbersTold()).toEqual([1, 2]);
      expect((await checkpoints()).filter((checkpoint) => checkpoint !== null)).toEqual([]);
    });
  });
});
