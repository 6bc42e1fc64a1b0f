import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { userRoom } from '#domain';
import { decodeRecord, type LogRecord } from '#event-store';
import { type DocumentStore, memoryReadModels } from '#read-models';
import {
  collectionsOf,
  Directory,
  directory,
  type Projection,
  replay,
  Stats,
  stats,
  Timeline,
  timeline,
} from '../src/index.js';
import { type CachedHead, foldRound } from '../src/engine/round.js';
import { maySweep, SweepInHand } from '../src/engine/sweep.js';
import { anyLog, ROOMS } from './oracle/any-log.js';
import { personIn } from './oracle/directory.js';
import { shownBy } from './oracle/shown.js';
import { daysIn } from './oracle/stats.js';
import { readTimeline, shownOf } from './oracle/timeline.js';
import { check } from './simulation/check.js';

// One that fails is shrunk for a while.
jest.setTimeout(60_000);

const PEOPLE = ['1', '2', '3', 'nobody'];

/** A round of the folding, and what becomes of it. */
interface Step {
  readonly size: number;
  /** What it is folded by afterwards: the same worker, one that starts at the last save, or this one once it has saved. */
  readonly end: 'goes on' | 'crashes' | 'crashes as it saves' | 'saves';
  /** Which documents of it, or which heads, are there after a crash in it. */
  readonly written: readonly boolean[];
}

const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 12 }),
    end: fc.constantFrom<Step['end']>('goes on', 'crashes', 'crashes as it saves', 'saves'),
    written: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
  }),
  { maxLength: 30 },
);

/** Folds as workers do that crash and take over from each other; answers the sequences of the dead letters. */
async function foldInSteps(
  projection: Projection<unknown>,
  store: DocumentStore,
  records: readonly LogRecord[],
  steps: readonly Step[],
): Promise<number[]> {
  await store.setUp(collectionsOf(projection));
  const letters = new Set<number>();
  const heads = new Map<string, CachedHead>();
  let saved = 0;
  let next = 0;
  for (let i = 0; next < records.length; i++) {
    const { size, end, written } = steps[i] ?? { size: 1_000, end: 'goes on', written: [] };
    const sweep = SweepInHand.of(projection, records[next]!);
    if (sweep) {
      // What is folded is saved before a sweep, and each room's head once it is swept; a crash in it cuts a page short.
      await store.write(projection.heads!, [...heads.values()]);
      saved = next;
      const isCut = end === 'crashes' || end === 'crashes as it saves';
      for (const [id, head] of await sweep.begin(store, heads)) heads.set(id, head);
      while (!sweep.isOver) {
        const page = await sweep.page(store, heads, null, 2);
        let document = 0;
        const isThere = () => !isCut || written[document++ % written.length];
        for (const [collection, writes] of page.writes) await store.write(collection, writes.filter(isThere));
        if (isCut) break;
        for (const [id, head] of page.heads) heads.set(id, head);
        await store.write(
          projection.heads!,
          page.done.flatMap((room) => heads.get(room) ?? []),
        );
        sweep.isWritten(page);
      }
      if (isCut) {
        heads.clear();
        continue;
      }
      saved = ++next;
      continue;
    }
    const nextSweep = records.findIndex((record, at) => at > next && maySweep(projection, record));
    const cut = Math.min(next + size, nextSweep < 0 ? Infinity : nextSweep);
    const round = await foldRound(projection, store, heads, records.slice(next, cut));
    for (const { seq } of round.letters) letters.add(seq);
    let document = 0;
    for (const [collection, writes] of round.writes) {
      const isThere = () => end !== 'crashes' || written[document++ % written.length];
      await store.write(collection, writes.filter(isThere));
    }
    if (end !== 'crashes') for (const [id, head] of round.heads) heads.set(id, head);
    const isSaved = (_head: CachedHead, place: number) => end === 'saves' || written[place % written.length];
    if (projection.heads !== null && (end === 'saves' || end === 'crashes as it saves')) {
      await store.write(projection.heads, [...heads.values()].filter(isSaved));
    }
    if (end === 'crashes' || end === 'crashes as it saves') {
      heads.clear();
      next = saved;
      continue;
    }
    next = cut;
    if (end === 'saves') saved = next;
  }
  return [...letters].sort((a, b) => a - b);
}

const open = (name: string) => memoryReadModels().projection(name, 1);

function readable(records: readonly LogRecord[]) {
  return records.flatMap((record) => {
    try {
      return [decodeRecord(record)];
    } catch {
      return [];
    }
  });
}

describe('whatever it is cut into, crashed in and started over from, the fold of', () => {
  it('the timeline shows what the log says', async () => {
    await check(
      fc.asyncProperty(anyLog, anySteps, async (records, steps) => {
        const store = open('timeline');
        const letters = await foldInSteps(timeline, store, records, steps);
        const read = readTimeline(records);
        expect(await shownBy(new Timeline(store), ROOMS)).toEqual(shownOf(read, ROOMS));
        expect(letters).toEqual(read.letters);
      }),
      { numRuns: 300 },
    );
  });

  it('the directory shows what the log says', async () => {
    await check(
      fc.asyncProperty(anyLog, anySteps, async (records, steps) => {
        const store = open('directory');
        await foldInSteps(directory, store, records, steps);
        const queries = new Directory(store);
        for (const userId of PEOPLE) {
          const { _id, ...person } = (await queries.person(userId)) ?? { _id: null };
          expect(_id === null ? null : person).toEqual(personIn(readable(records), userId));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('the stats show what the log says', async () => {
    await check(
      fc.asyncProperty(anyLog, anySteps, async (records, steps) => {
        const store = open('stats');
        await foldInSteps(stats, store, records, steps);
        const queries = new Stats(store);
        for (const room of [...ROOMS, ...PEOPLE.map(userRoom)]) {
          const days = (await queries.days(room, '2026-01-01', '2026-01-31')).map(({ _id, seq: _seq, ...day }) => day);
          expect(days).toEqual(daysIn(readable(records), room));
        }
      }),
      { numRuns: 200 },
    );
  });
});

async function* stream(records: readonly LogRecord[]): AsyncGenerator<LogRecord, void> {
  for (const record of records) yield await Promise.resolve(record);
}

it('a replay of the log shows what the log says', async () => {
  await check(
    fc.asyncProperty(anyLog, async (records) => {
      const store = await replay(timeline, stream(records));
      expect(await shownBy(new Timeline(store), ROOMS)).toEqual(shownOf(readTimeline(records), ROOMS));
    }),
    { numRuns: 50 },
  );
});
