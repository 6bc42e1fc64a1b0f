import { describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, partitionOf, type Room } from '#domain';
import type { LogRecord } from '#event-store';
import { checkpointId, memoryReadModels } from '#read-models';
import { systemClock } from '../src/engine/clock.js';
import { OwnedPartitions } from '../src/engine/owned-partitions.js';
import { Partition } from '../src/engine/partition.js';
import type { CachedHead } from '../src/engine/round.js';
import { Saver } from '../src/engine/saver.js';
import { Share } from '../src/engine/share.js';

const NUMBER = partitionOf(GLOBAL_ROOM);
const ID = checkpointId('timeline', 1, NUMBER);
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

const recordAt = (seq: number): LogRecord => ({
  ...{ seq, partition: NUMBER, room: GLOBAL_ROOM, kind: 'msg', id: `msg.${seq}`, type: 'MessageCreated' },
  ...{ version: 2, body: '', at: 0 },
});
const headAt = (seq: number, id: Room = GLOBAL_ROOM): CachedHead => ({
  ...{ document: { _id: id, seq }, known: false, dirty: true },
});

/** A partition, and what is done to save how far it is folded, in order; its heads are written once that is let. */
async function begun() {
  const readModels = memoryReadModels();
  const done: string[] = [];
  let ended: 'deleted' | null = null;
  const share = new Share('t', 'w', null, systemClock, () => 0);
  await share.join();
  const owned = new OwnedPartitions('timeline-1', readModels.checkpoints, share, quiet);
  const { epoch, ...start } = await readModels.checkpoints.claim(ID, 'w');
  const partition = new Partition(NUMBER, ID, epoch, start, {
    get ended() {
      return ended;
    },
    next: () => new Promise<never>(() => undefined),
    ack: (seq) => done.push(`ack ${seq}`),
    close: () => Promise.resolve(),
    lag: () => Promise.resolve(0),
  });
  owned.takeOver([partition]);
  let writing = Promise.withResolvers<undefined>();
  let now = 0;
  let notices = 0;
  const saver = new Saver({
    ...{ readModels, owned, clock: { ...systemClock, now: () => now } },
    live: { flush: () => Promise.resolve() },
    isHeld: () => false,
    writeHeads: async (heads) => {
      await writing.promise;
      done.push(`heads ${heads.map(({ document: { _id, seq } }) => `${_id} ${seq}`).join()}`);
    },
    patiently: (attempt) => attempt(),
    throwIfLost: () => undefined,
    notice: () => notices++,
  });
  saver.startOver();
  return {
    ...{ saver, owned, share, partition, done },
    /** A round is over that has folded this record. */
    fold: (seq: number) => {
      partition.heads.set(GLOBAL_ROOM, headAt(seq));
      partition.isFolded(recordAt(seq));
      saver.hasFolded(1);
    },
    pass: (ms: number) => (now += ms),
    endConsumer: () => (ended = 'deleted'),
    /** Once what is to be written is waiting: it is, or cannot be. */
    write: async (error?: Error) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (error) writing.reject(error);
      else writing.resolve(undefined);
      writing = Promise.withResolvers<undefined>();
    },
    stored: async () => (await readModels.checkpoints.read([ID])).get(ID)!.seq,
    takenOver: () => readModels.checkpoints.claim(ID, 'other'),
    notices: () => notices,
  };
}

describe('how far a partition is folded', () => {
  it('is saved as it was when that began, whatever is folded meanwhile, and the rest the next time', async () => {
    const { saver, partition, done, fold, pass, write, stored } = await begun();
    fold(1);
    pass(250);
    saver.goOn();
    fold(2);
    await write();
    await saver.ended();
    expect(done).toEqual([`heads ${GLOBAL_ROOM} 1`, 'ack 1']);
    expect([partition.saved, partition.folded.seq, await stored()]).toEqual([1, 2, 1]);
    expect(partition.heads.get(GLOBAL_ROOM)).toEqual({
      document: { _id: GLOBAL_ROOM, seq: 2 },
      known: true,
      dirty: true,
    });
    const saved = saver.saveAll();
    await write();
    await saved;
    expect(done.slice(2)).toEqual([`heads ${GLOBAL_ROOM} 2`, 'ack 2']);
    expect(partition.heads.get(GLOBAL_ROOM)?.dirty).toBe(false);
    expect(saver.dueInMs).toBe(Infinity);
  });

  it('is saved 250 ms after it was last, not twice at the same time, and says when it is', async () => {
    const { saver, fold, pass, write, notices } = await begun();
    expect(saver.dueInMs).toBe(Infinity);
    fold(1);
    expect(saver.dueInMs).toBe(250);
    pass(249);
    saver.goOn();
    expect(saver.dueInMs).toBe(1);
    pass(1);
    saver.goOn();
    expect([saver.dueInMs, notices()]).toEqual([Infinity, 0]);
    fold(2);
    expect(saver.dueInMs).toBe(Infinity);
    await write();
    await saver.ended();
    expect([saver.dueInMs, notices()]).toEqual([250, 1]);
  });

  it('is saved at once after 5,000 records', async () => {
    const { saver, fold, write } = await begun();
    fold(1);
    saver.hasFolded(4_998);
    expect(saver.dueInMs).toBe(250);
    saver.hasFolded(1);
    expect(saver.dueInMs).toBe(0);
    saver.goOn();
    await write();
    await saver.ended();
    fold(2);
    expect(saver.dueInMs).toBe(250);
  });

  it('is saved whole once all is to be, also where that is under way', async () => {
    const { saver, done, fold, pass, write } = await begun();
    fold(1);
    pass(250);
    saver.goOn();
    fold(2);
    const saved = saver.saveAll();
    await write();
    await write();
    await saved;
    expect(done).toEqual([`heads ${GLOBAL_ROOM} 1`, 'ack 1', `heads ${GLOBAL_ROOM} 2`, 'ack 2']);
  });

  it('is left to its next owner where its consumer has ended', async () => {
    const { saver, done, fold, stored, endConsumer } = await begun();
    fold(1);
    endConsumer();
    await saver.saveAll();
    expect([done, await stored()]).toEqual([[], 0]);
  });

  it('is no more this worker’s once somebody else has taken it over', async () => {
    const { saver, owned, done, fold, pass, write, takenOver } = await begun();
    fold(1);
    pass(250);
    saver.goOn();
    await takenOver();
    await write();
    await saver.ended();
    expect([owned.numbers, done]).toEqual([[], [`heads ${GLOBAL_ROOM} 1`]]);
  });

  it('leaves one alone that was let go of meanwhile and taken over anew', async () => {
    const { saver, owned, share, partition, fold, pass, write, takenOver } = await begun();
    fold(1);
    pass(250);
    saver.goOn();
    const { epoch, ...start } = await takenOver();
    const anew = new Partition(NUMBER, ID, epoch, start, partition.consumer);
    owned.takeOver([anew]);
    await write();
    await saver.ended();
    expect([owned.all, share.partitions.includes(NUMBER)]).toEqual([[anew], true]);
  });

  it.each(['goOn', 'saveAll'] as const)('cannot be saved, which %s tells', async (how) => {
    const { saver, fold, pass, write, notices } = await begun();
    fold(1);
    pass(250);
    saver.goOn();
    await write(new Error('no database'));
    await saver.ended();
    expect(notices()).toBe(1);
    await expect((async () => saver[how]())()).rejects.toThrow('no database');
    saver.startOver();
    saver.goOn();
  });
});

describe('the heads of a partition of very many rooms', () => {
  const many = Array.from({ length: 5_001 }, (_, i) => headAt(1, `clan:${i}` as Room));

  it('are not kept once they are saved, but for those that were changed meanwhile', async () => {
    const { partition } = await begun();
    for (const head of many) partition.heads.set(head.document._id, head);
    const later = headAt(2, 'clan:0' as Room);
    partition.heads.set('clan:0', later);
    partition.isSaved(1, many);
    expect([...partition.heads.values()]).toEqual([{ ...later, known: true }]);
  });

  it('are kept where they are no more than 5,000', async () => {
    const { partition } = await begun();
    for (const head of many.slice(1)) partition.heads.set(head.document._id, head);
    partition.isSaved(1, many.slice(1));
    expect(partition.heads.size).toBe(5_000);
  });
});
