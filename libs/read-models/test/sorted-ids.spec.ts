import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SortedIds } from '../src/memory/sorted-ids.js';

const idOf = (n: number) => String(n).padStart(5, '0');
const numbers = Array.from({ length: 3_000 }, (_, i) => i * 2);

/** In an order that follows from a seed. */
function shuffled(seed: number): number[] {
  let state = seed;
  const next = () => (state = (Math.imul(state, 48_271) >>> 0) % 0x7fffffff);
  return numbers
    .map((n) => [next(), n] as const)
    .sort(([a], [b]) => a - b)
    .map(([, n]) => n);
}

const orders = {
  'in their order': numbers,
  'from the last to the first': [...numbers].reverse(),
  'in any order': shuffled(7),
  'from both ends': numbers.map((_, i) => (i % 2 === 0 ? numbers[i / 2]! : numbers.at(-(i + 1) / 2)!)),
};

const ways = Object.entries(orders).flatMap(([name, order]) =>
  ([0, numbers.length / 2, numbers.length] as const).map((atOnce) => [name, atOnce, order] as const),
);

describe.each(ways)('ids that were added %s, the first %i at once', (_name, atOnce, order) => {
  let ids: SortedIds;
  beforeAll(() => {
    ids = new SortedIds(order.slice(0, atOnce).map(idOf));
    for (const n of order.slice(atOnce)) ids.add(idOf(n));
  });

  it('are read up and down, from one on and not up to another', () => {
    fc.assert(
      fc.property(fc.nat(6_001), fc.nat(6_001), (from, to) => {
        const between = numbers.filter((n) => n >= from && n < to).map(idOf);
        expect([...ids.ascending(idOf(from), idOf(to))]).toEqual(between);
        expect([...ids.descending(idOf(from), idOf(to))]).toEqual(between.reverse());
      }),
      { numRuns: 50 },
    );
  });

  it('are read as far as somebody reads', () => {
    const some: string[] = [];
    for (const id of ids.ascending(idOf(1_023), '~')) if (some.push(id) === 3) break;
    expect(some).toEqual([1_024, 1_026, 1_028].map(idOf));
  });
});

it('no ids are read of what is empty, and of what is outside', () => {
  const ids = new SortedIds();
  expect([...ids.ascending('', '~'), ...ids.descending('', '~')]).toEqual([]);
  ids.add('m');
  expect([...ids.ascending('n', '~'), ...ids.descending('n', '~')]).toEqual([]);
  expect([...ids.ascending('a', 'm'), ...ids.descending('a', 'm')]).toEqual([]);
  expect([...ids.ascending('m', 'n'), ...ids.descending('m', 'n')]).toEqual(['m', 'm']);
});

it('a hundred thousand ids are added quickly, each before all others', () => {
  const ids = new SortedIds();
  // The time of the processor, which a busy machine does not stretch: in one list it is seconds.
  const before = process.cpuUsage();
  for (let i = 100_000; i > 0; i--) ids.add(String(i).padStart(6, '0'));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(1_000);
});
