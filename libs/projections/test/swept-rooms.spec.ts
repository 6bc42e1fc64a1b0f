import { describe, expect, it } from '@jest/globals';
import {
  clanRoom,
  type DomainEvent,
  encodeEvent,
  GLOBAL_ROOM,
  kindOf,
  partitionOf,
  partitionRoom,
  type Room,
} from '#domain';
import type { LogRecord } from '#event-store';
import { checkpointId, memoryReadModels } from '#read-models';
import { collectionsOf, decodeUpdate, type RoomUpdate, timeline } from '../src/index.js';
import { systemClock } from '../src/engine/clock.js';
import { OwnedPartitions } from '../src/engine/owned-partitions.js';
import { Partition } from '../src/engine/partition.js';
import { Rounds } from '../src/engine/rounds.js';
import { Share } from '../src/engine/share.js';

const NUMBER = partitionOf(GLOBAL_ROOM);
const rooms = Array.from({ length: 1_000 }, (_, i) => clanRoom(String(i))).filter(
  (room) => partitionOf(room) === NUMBER,
);
const [FIRST, SECOND, OTHER] = rooms.slice(0, 3).sort() as [Room, Room, Room];
const ID = checkpointId('timeline', 1, NUMBER);
const at = '2026-01-02T03:04:05.678Z';
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
let now = 0;
/** So much time passes that what can be saved always is due; and none at all. */
const hasty = { ...systemClock, now: () => (now += 1_000) };
const still = { ...systemClock, now: () => 0 };
const never = new Promise<never>(() => undefined);
/** Once all has happened that waits for nothing else. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 10));

const key = (n: number) => n.toString(16).padStart(24, '0');
const said = (room: Room, n: number, id = 'ada'): DomainEvent => ({
  ...{ type: 'MessageCreated', room, id: `msg.${key(n)}`, at, messageId: key(n) },
  ...{ sender: { id, name: id, avatar: null }, content: `message ${n}` },
});
const erased: DomainEvent = {
  ...{ type: 'UserErased', room: partitionRoom(NUMBER), id: `erase.${key(99)}`, at, userId: 'ada', keyId: null },
};
const recordsOf = (events: readonly DomainEvent[]): LogRecord[] =>
  events.map((event, i) => {
    const { type, version, room, body } = encodeEvent(event);
    return { seq: i + 1, partition: NUMBER, room, kind: kindOf(event.type), id: event.id, type, version, body, at: 0 };
  });

/** A worker's rounds over one partition, of which everything is fetched, and what they do, in order. */
async function begun(
  events: readonly DomainEvent[],
  { readModels = memoryReadModels(), clock = hasty, announcing = true } = {},
) {
  const stored = readModels.projection('timeline', 1);
  await stored.setUp(collectionsOf(timeline));
  const done: string[] = [];
  const told = (text: string) => (decodeUpdate(text) as RoomUpdate).changes.map(({ rev }) => rev);
  const { epoch, ...start } = await readModels.checkpoints.claim(ID, 'w');
  const owned = new OwnedPartitions(
    'timeline-1',
    readModels.checkpoints,
    new Share('t', 'w', null, systemClock, () => 0),
    quiet,
  );
  const batches = [recordsOf(events).filter(({ seq }) => seq > start.seq)];
  const partition = new Partition(NUMBER, ID, epoch, start, {
    ended: null,
    next: () => Promise.resolve(batches.shift() ?? never),
    ack: () => undefined,
    close: () => Promise.resolve(),
    lag: () => Promise.resolve(0),
  });
  owned.takeOver([partition]);
  void partition.fetch(() => undefined);
  await Promise.resolve();
  let isLost = false;
  let looked = (): Promise<void> => Promise.resolve();
  let interfere = (_seqs: readonly number[]): Promise<void> => Promise.resolve();
  const rounds = new Rounds({
    ...{ projection: timeline, version: 1, announcing, owner: 'w', logger: quiet, readModels, owned },
    ...{ clock, foldedTogether: 1, sweptTogether: 2 },
    log: {
      live: {
        publishToRoom: (room: Room, text: string) => done.push(`tell ${room} ${told(text).join()}`),
        publishToUser: () => undefined,
        flush: () => Promise.resolve(void done.push('flush')),
        onInterrupted: () => () => true,
      },
    } as never,
    store: {
      ...{ setUp: stored.setUp.bind(stored), get: stored.get.bind(stored), findBy: stored.findBy.bind(stored) },
      ...{ highest: stored.highest.bind(stored) },
      range: async (collection, range) => {
        const found = await stored.range(collection, range);
        await looked();
        return found as never;
      },
      write: async (collection, writes) => {
        await interfere(writes.map(({ document }) => document.seq));
        for (const { document } of writes)
          if (collection === 'heads') done.push(`head ${document._id} ${document.seq}`);
        await stored.write(collection, writes);
      },
    },
    patiently: (attempt) => attempt(),
    throwIfLost: () => {
      if (isLost) throw new Error('lost');
    },
    notice: () => undefined,
  });
  return {
    ...{ partition, owned, done, readModels, store: stored },
    lose: () => (isLost = true),
    /** Before each write from now on, with the sequences of its documents. */
    interfere: (by: typeof interfere) => (interfere = by),
    /** After each look for what is to be swept from now on. */
    afterLook: (by: typeof looked) => (looked = by),
    rounds,
    /** One round with a page beside it, and what was done in it. */
    round: async () => {
      done.length = 0;
      const folded = rounds.round();
      rounds.sweeper.goOn();
      await folded;
      await rounds.sweeper.ended();
      if (rounds.saver.dueInMs === 0) await rounds.saver.saveAll();
      return [...done];
    },
  };
}

const ERASED = 3;
const log = [
  ...[said(FIRST, 1), said(SECOND, 2), erased],
  ...[said(SECOND, 4, 'bob'), said(FIRST, 5, 'bob'), said(OTHER, 6, 'bob')],
];

describe('a partition in which somebody is erased', () => {
  it('folds other rooms at once, and each of theirs behind its own sweep, the one that is waited for first', async () => {
    const { round, partition, readModels } = await begun(log);
    const saved = async () => (await readModels.checkpoints.read([ID])).get(ID)!.seq;
    expect(await round()).toEqual([
      ...[`tell ${FIRST} 1`, `tell ${SECOND} 1`],
      ...['flush', `head ${FIRST} 1`, `head ${SECOND} 2`],
    ]);
    expect(await saved()).toBe(ERASED - 1);
    expect(await round()).toEqual([`tell ${SECOND} 2`, 'flush', `head ${SECOND} ${ERASED}`]);
    expect(await round()).toEqual([
      ...[`tell ${SECOND} 3`, `tell ${OTHER} 1`],
      ...[`tell ${FIRST} 2`, 'flush', `head ${FIRST} ${ERASED}`],
    ]);
    // It is over, and behind it one waits yet: so far the log is not folded without a gap.
    expect([partition.sweep, partition.folded.seq, await saved()]).toEqual([null, ERASED - 1, ERASED - 1]);
    expect(await round()).toEqual([
      `tell ${FIRST} 3`,
      ...['flush', `head ${FIRST} 5`, `head ${SECOND} 4`, `head ${OTHER} 6`],
    ]);
    expect([partition.folded.seq, await saved()]).toEqual([6, 6]);
  });

  it('is left where somebody else has taken it over, also where there is nothing to be erased in it', async () => {
    const events = [said(FIRST, 1, 'bob'), erased, said(FIRST, 3, 'bob')];
    const { round, owned, readModels } = await begun(events, { clock: still });
    await round();
    await readModels.checkpoints.claim(ID, 'another');
    await round();
    expect(owned.all).toEqual([]);
  });

  it('counts on from the heads that were there when it began', async () => {
    const before = await begun(log);
    await before.round();
    const { round, store } = await begun(log, before);
    await round();
    // What the worker before this one had still on its way.
    const late = { _id: FIRST, seq: ERASED, n: 1, rev: 2, chat: null };
    await store.write('heads', [{ document: late, known: true }]);
    expect(await round()).toContain(`tell ${FIRST} 2`);
  });

  it('keeps the head of a room that was done before as a round has left it while it began', async () => {
    const before = await begun(log);
    await before.round();
    expect(await before.round()).toContain(`head ${SECOND} ${ERASED}`);
    const { checkpoints } = before.readModels;
    const meanwhile: (() => Promise<unknown>)[] = [];
    const { rounds, partition } = await begun(log, {
      readModels: {
        ...before.readModels,
        checkpoints: {
          ...{ claim: checkpoints.claim.bind(checkpoints), save: checkpoints.save.bind(checkpoints) },
          read: async (ids) => {
            await meanwhile.shift()?.();
            return checkpoints.read(ids);
          },
        },
      },
    });
    await rounds.round();
    meanwhile.push(() => rounds.round());
    rounds.sweeper.goOn();
    await rounds.sweeper.ended();
    expect(partition.heads.get(SECOND)?.document).toMatchObject({ seq: 4, n: 2, rev: 3 });
  });

  it('saves no head of a room of which something may not have been told', async () => {
    const { round, lose, rounds } = await begun(log);
    await round();
    lose();
    expect(await round()).toEqual([`tell ${SECOND} 2`, 'flush']);
    expect(() => {
      rounds.sweeper.goOn();
    }).toThrow('lost');
  });

  it('is folded on in other rooms while a page takes its time, and the next page follows where one waits for it', async () => {
    const { round, rounds, interfere, done } = await begun(log);
    await round();
    const page = Promise.withResolvers<undefined>();
    interfere((seqs) => (seqs.includes(ERASED) ? page.promise : Promise.resolve()));
    const first = round();
    await settled();
    // Its rooms are not known before it has begun: from here on the others are folded.
    await rounds.round();
    expect(done).toEqual([`tell ${OTHER} 1`]);
    page.resolve(undefined);
    await first;
    expect(done).toContain(`head ${SECOND} ${ERASED}`);
    expect(rounds.sweeper.dueInMs).toBe(0);
  });

  describe('of which a page takes 15 ms', () => {
    const ofAda = [1, 2, 3].map((n) => said(FIRST, n));
    /** It was swept once; of another room, behind it, something is folded already. */
    const swept = async (behind: DomainEvent, { ms = 15, ...options }: { ms?: number; announcing?: boolean } = {}) => {
      const clock = { ...systemClock, now: () => now };
      const all = await begun([...ofAda, erased, behind], { clock, ...options });
      await all.round();
      await all.rounds.saver.saveAll();
      all.interfere((seqs) => Promise.resolve(void (now += seqs.includes(4) ? ms / 2 : 0)));
      await all.round();
      await all.rounds.round();
      return all;
    };

    it('is swept half of the time', async () => {
      const { round, rounds, done } = await swept(said(OTHER, 5, 'bob'));
      const { sweeper } = rounds;
      expect(sweeper.dueInMs).toBe(15);
      now += 14;
      expect([await round(), sweeper.dueInMs]).toEqual([[], 1]);
      now += 1;
      await round();
      expect(done).toContain(`head ${FIRST} 4`);
      expect(sweeper.dueInMs).toBe(Infinity);
    });

    it.each([
      ['something more of a room waits', said(FIRST, 5, 'bob'), {}],
      ['another erasure waits', { ...erased, id: `erase.${key(98)}`, userId: 'bob' }, {}],
      ['nobody follows it', said(OTHER, 5, 'bob'), { announcing: false }],
    ])('is swept without a pause where %s', async (_why, behind, options) => {
      const { rounds } = await swept(behind, options);
      expect(rounds.sweeper.dueInMs).toBe(0);
    });

    it('is swept with no longer a pause than 20 ms', async () => {
      const { rounds } = await swept(said(OTHER, 5, 'bob'), { ms: 500 });
      expect(rounds.sweeper.dueInMs).toBe(20);
    });
  });

  it('is not swept by who has let go of it meanwhile', async () => {
    const { round, rounds, owned, afterLook, interfere, partition } = await begun(log);
    await round();
    await round();
    const look = Promise.withResolvers<undefined>();
    afterLook(() => look.promise);
    const written: number[] = [];
    interfere((seqs) => Promise.resolve(void written.push(...seqs)));
    rounds.sweeper.goOn();
    await settled();
    await owned.letGo([partition], true);
    look.resolve(undefined);
    await rounds.sweeper.ended();
    expect([written, rounds.sweeper.dueInMs]).toEqual([[], Infinity]);
  });

  it('stays with who has taken it over anew while it was let go of once more', async () => {
    const { owned, partition } = await begun(log);
    const { number, checkpointId: id, epoch, consumer } = partition;
    const anew = new Partition(number, id, epoch + 1, { seq: 0, eventId: '' }, consumer);
    owned.takeOver([anew]);
    await owned.letGo([partition], true);
    expect(owned.all).toEqual([anew]);
  });
});
