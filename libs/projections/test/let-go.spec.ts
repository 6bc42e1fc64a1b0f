import { describe, expect, it } from '@jest/globals';
import { type DomainEvent, encodeEvent, GLOBAL_ROOM, kindOf, partitionOf } from '#domain';
import type { LogRecord } from '#event-store';
import { checkpointId, type DocumentStore, memoryReadModels } from '#read-models';
import { collectionsOf, timeline } from '../src/index.js';
import { systemClock } from '../src/engine/clock.js';
import { OwnedPartitions } from '../src/engine/owned-partitions.js';
import { Partition } from '../src/engine/partition.js';
import { Rounds } from '../src/engine/rounds.js';
import { Share } from '../src/engine/share.js';

const NUMBER = partitionOf(GLOBAL_ROOM);
const ID = checkpointId('timeline', 1, NUMBER);
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
const key = (n: number) => n.toString(16).padStart(24, '0');

/** A message that is a reply to one that nobody knows, so that something is looked for. */
const record = (seq: number): LogRecord => {
  const event: DomainEvent = {
    ...{ type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key(seq)}`, at: '2026-01-02T03:04:05.678Z' },
    ...{ messageId: key(seq), content: 'hello', sender: { id: 'ada', name: 'Ada', avatar: null }, replyTo: key(99) },
  };
  const { type, version, room, body } = encodeEvent(event);
  return { seq, partition: NUMBER, room, kind: kindOf(event.type), id: event.id, type, version, body, at: 0 };
};

/** A worker's rounds over a partition whose head is ahead of the store's: it counts 15 messages, of which none is there. */
async function begun() {
  const readModels = memoryReadModels();
  const stored = readModels.projection('timeline', 1);
  await stored.setUp(collectionsOf(timeline));
  const { epoch, ...start } = await readModels.checkpoints.claim(ID, 'w');
  const share = new Share('t', 'w', null, systemClock, () => 0);
  const owned = new OwnedPartitions('timeline-1', readModels.checkpoints, share, quiet);
  const batches = [[record(151)]];
  const partition = new Partition(NUMBER, ID, epoch, start, {
    ended: null,
    next: () => Promise.resolve(batches.shift() ?? new Promise<never>(() => undefined)),
    ack: () => undefined,
    close: () => Promise.resolve(),
    lag: () => Promise.resolve(0),
  });
  const head = { document: { _id: GLOBAL_ROOM, seq: 150, n: 15, rev: 15, chat: null }, known: false, dirty: true };
  partition.heads.set(GLOBAL_ROOM, head);
  owned.takeOver([partition]);
  void partition.fetch(() => undefined);
  await Promise.resolve();
  const written: string[] = [];
  const during = { looking: () => undefined as unknown, writing: () => undefined as unknown };
  const store: DocumentStore = {
    ...{ setUp: stored.setUp.bind(stored), get: stored.get.bind(stored), range: stored.range.bind(stored) },
    ...{ highest: stored.highest.bind(stored) },
    findBy: async (...asked) => {
      await during.looking();
      return stored.findBy(...asked);
    },
    write: async (collection, writes) => {
      await during.writing();
      for (const { document } of writes) written.push(`${collection} ${document._id} ${document.seq}`);
    },
  };
  const rounds = new Rounds({
    ...{ projection: timeline, version: 1, announcing: true, owner: 'w', logger: quiet, readModels, owned, store },
    ...{ clock: systemClock, throwIfLost: () => undefined, notice: () => undefined },
    log: { live: { publishToRoom: (room: string) => written.push(`told ${room}`) } } as never,
    patiently: async (attempt) => {
      try {
        return await attempt();
      } catch {
        return attempt();
      }
    },
  });
  return { rounds, owned, share, readModels, partition, head, written, during };
}

describe('a round whose partition is let go of', () => {
  it('between two attempts to write it is its next owner’s: of its heads nothing is known any more', async () => {
    const { rounds, owned, partition, written, during } = await begun();
    during.writing = () => {
      void owned.letGo([partition], true);
      throw new Error('the database is away for a moment');
    };
    await rounds.round();
    expect([written, rounds.counts.folded]).toEqual([[], 0]);
  });

  it('while it reads is not written', async () => {
    const { rounds, owned, partition, written, during } = await begun();
    during.looking = () => owned.letGo([partition], true);
    await rounds.round();
    expect([written, rounds.counts.folded]).toEqual([[], 0]);
  });

  it('while it is written is told, and leaves nothing behind', async () => {
    const { rounds, owned, partition, written, during } = await begun();
    during.writing = () => owned.letGo([partition], true);
    await rounds.round();
    expect(written).toEqual([`messages ${GLOBAL_ROOM}:0000000016 151`, `told ${GLOBAL_ROOM}`]);
  });
});

it('a head that is saved for the first time while a round goes on is known to be in the store', async () => {
  const { rounds, partition, head, during } = await begun();
  during.writing = () => {
    partition.isSaved(150, [head]);
  };
  await rounds.round();
  expect(partition.heads.get(GLOBAL_ROOM)).toMatchObject({ document: { seq: 151, n: 16 }, known: true, dirty: true });
});

it('a partition that was taken over anew while it was asked whose it is stays this worker’s', async () => {
  const { owned, share, readModels, partition } = await begun();
  await share.join();
  await readModels.checkpoints.claim(ID, 'other');
  const dropped = owned.dropFenced([partition]);
  await owned.letGo([partition], true);
  const { epoch, ...start } = await readModels.checkpoints.claim(ID, 'w');
  const anew = new Partition(NUMBER, ID, epoch, start, partition.consumer);
  owned.takeOver([anew]);
  expect(await dropped).toBe(true);
  expect([owned.all, share.partitions.includes(NUMBER)]).toEqual([[anew], true]);
});
