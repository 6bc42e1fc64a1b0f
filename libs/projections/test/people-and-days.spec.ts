import { describe, expect, it } from '@jest/globals';
import { clanRoom, encodeId, GLOBAL_ROOM, type Room } from '#domain';
import { memoryReadModels } from '#read-models';
import {
  activeUserId,
  type DayDocument,
  dayId,
  Directory,
  directoryCollections,
  type PersonDocument,
  spanFault,
  Stats,
  statsCollections,
} from '../src/index.js';

describe('the days of a room', () => {
  const counts = {
    ...{ messages: 1, reactionsAdded: 0, reactionsRemoved: 0, edits: 0, deletions: 0, seenMarks: 0 },
    ...{ chatsOpened: 0, joins: 0, leaves: 0, profileChanges: 0 },
  };
  const day = (room: Room, of: string): DayDocument => ({
    ...{ _id: dayId(room, of), seq: 1, room, day: of, counts, activeUsers: 1 },
  });
  const days = Array.from({ length: 40 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10));

  async function open() {
    const store = memoryReadModels().projection('stats', 1);
    await store.setUp(statsCollections);
    const documents = [...days.map((of) => day(GLOBAL_ROOM, of)), day(clanRoom('3'), days[0]!)];
    await store.write(
      'days',
      documents.map((document) => ({ document, known: false })),
    );
    const limits: number[] = [];
    const range = store.range.bind(store);
    store.range = (collection, asked) => {
      limits.push(asked.limit);
      return range(collection, asked);
    };
    const queries = new Stats(store);
    const found = async (from: string, to: string) => (await queries.days(GLOBAL_ROOM, from, to)).map((one) => one.day);
    return { found, limits };
  }

  it('are those that were asked for, both ends included, oldest first', async () => {
    const { found } = await open();
    expect(await found('2025-12-01', '2026-12-31')).toEqual(days);
    expect(await found('2026-01-30', '2026-02-02')).toEqual(days.slice(29, 33));
    expect(await found('2026-01-30', '2026-01-30')).toEqual(['2026-01-30']);
    expect(await found('2026-02-02', '2026-02-01')).toEqual([]);
    expect(await found('2026-02-02', '2026-01-30')).toEqual([]);
  });

  it('are asked for as many as there can be, and not at all where there can be none', async () => {
    const { found, limits } = await open();
    expect(await found('2026-02-02', '2026-02-01')).toStrictEqual([]);
    await found('2026-01-30', '2026-01-30');
    await found('2026-01-30', '2026-02-02');
    expect(limits).toEqual([1, 4]);
  });

  it.each(['2026-1-1', '2026-13-01', '2026-02-29', '12026-01-01', '2026-01-011', '-000001-01', 'a 2026-01-01', ''])(
    'are none from %j',
    async (no) => {
      const { found } = await open();
      await expect(found(no, '2026-02-01')).rejects.toThrow(RangeError);
      await expect(found('2026-01-01', no)).rejects.toThrow(`not a day: ${no}; give one as 2026-01-31`);
    },
  );

  it('are a year together at most, from the first to the last', () => {
    expect(spanFault('2026-01-31', '2026-01-31')).toBeNull();
    expect(spanFault('2028-01-01', '2028-12-31')).toBeNull();
    const fault = 'to must be from 2026-01-01 to 2027-01-01, which are 366 days';
    for (const to of ['2027-01-02', '2025-12-31']) expect(spanFault('2026-01-01', to)).toBe(fault);
  });

  it('have the people of each beside them', () => {
    expect(activeUserId(GLOBAL_ROOM, '2026-01-01', 'a:b')).toBe(`global:2026-01-01:${encodeId('a:b')}`);
  });
});

describe('a person', () => {
  const ada: PersonDocument = {
    ...{ _id: encodeId('a:b'), seq: 2, userId: 'a:b', name: 'Ada', avatar: null },
    ...{ clanId: '3', profileSeq: 1, memberSeq: 2 },
  };

  it('is found by their id', async () => {
    const store = memoryReadModels().projection('directory', 1);
    await store.setUp(directoryCollections);
    await store.write('people', [{ document: ada, known: false }]);
    expect(await new Directory(store).person('a:b')).toEqual(ada);
    expect(await new Directory(store).person('a')).toBeNull();
  });

  it('is in one clan, whose members are read in the order of their ids, a page at a time', async () => {
    const store = memoryReadModels().projection('directory', 1);
    await store.setUp(directoryCollections);
    const put = (userId: string, clanId: string | null, seq: number) => {
      const document: PersonDocument = { ...ada, _id: encodeId(userId), userId, clanId, seq };
      return store.write('people', [{ document, known: seq > 1 }]);
    };
    const ids = ['10', '9', 'a:b', 'ä', '_', 'zz'];
    for (const id of ids) await put(id, '3', 1);
    for (const id of ['11', 'b']) await put(id, '4', 1);
    await put('nobody', null, 1);
    const directory = new Directory(store);
    const page = async (limit: number, after?: string) =>
      (await directory.members('3', { limit, after })).map(({ userId }) => userId);
    const all = await page(100);
    expect(all).toEqual(['10', '9', 'ä', '_', 'a:b', 'zz'].sort((a, b) => (encodeId(a) < encodeId(b) ? -1 : 1)));
    expect(await page(4)).toEqual(all.slice(0, 4));
    for (let i = 0; i < all.length; i++) expect(await page(2, all[i])).toEqual(all.slice(i + 1, i + 3));
    await put('9', '4', 2);
    await put('nobody', '3', 2);
    expect((await page(100)).sort()).toEqual([...all.filter((id) => id !== '9'), 'nobody'].sort());
    expect(await directory.members('none', { limit: 5 })).toEqual([]);
  });
});
