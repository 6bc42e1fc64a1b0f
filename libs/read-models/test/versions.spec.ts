import { describe, expect, it } from '@jest/globals';
import {
  checkpointId,
  firstVersion,
  gapId,
  swapped,
  versionName,
  versionNumberAt,
  type Versions,
  withNextVersion,
  withoutBuilding,
  withoutOld,
  withServingLost,
  withServingOutdated,
  withSwap,
} from '../src/index.js';
import { GLOBAL_ROOM } from '#domain';

const first = firstVersion(3, 20);
const [served, next] = [
  { number: 20, format: 3 },
  { number: 21, format: 4 },
];

describe('the versions of a projection', () => {
  it('begin with one that is served', () => {
    const none = { building: null, old: [], swap: null, begun: 20 };
    expect(first).toEqual({ ...none, serving: served, highest: 20, revision: 1 });
  });

  it('go through a rebuild: built beside, swapped, the old one removed', () => {
    const building = withNextVersion(first, 4);
    expect(building).toEqual({ ...first, building: next, highest: 21, revision: 2 });
    const swapping = withSwap(building, 'somebody');
    expect(swapping).toEqual({ ...building, swap: 'somebody', revision: 3 });
    const after = swapped(swapping, next);
    const nothing = { building: null, swap: null, begun: 20 };
    expect(after).toEqual({ ...nothing, serving: next, old: [served], highest: 21, revision: 4 });
    expect(withoutOld(after, 20)).toEqual({ ...after, old: [], revision: 5 });
    expect(withoutOld(after, 21).old).toEqual([served]);
  });

  it('give a number once, also after what had it is removed', () => {
    const given = withoutOld(withoutBuilding(withNextVersion(first, 4)), 21);
    expect(given.old).toEqual([]);
    expect(withNextVersion(given, 4).building).toEqual({ number: 22, format: 4 });
  });

  it('keep what was given up half built, until it is removed', () => {
    const given = withoutBuilding(withSwap(withNextVersion(first, 4), 'somebody'));
    expect(given).toEqual({ ...first, old: [next], highest: 21, revision: 4 });
    expect(withoutBuilding(first)).toEqual({ ...first, revision: 2 });
  });

  it.each([
    ['now', 2026, 2026],
    ['the next number where the clock is behind', 7, 22],
  ])('begin empty in the place of what was lost, at %s', (_, number, taken) => {
    const kept: Versions = { ...withSwap(withNextVersion(first, 4), 'somebody'), old: [{ number: 19, format: 3 }] };
    expect(withServingLost(kept, 5, number)).toEqual({
      ...{ serving: { number: taken, format: 5 }, building: null, old: kept.old, swap: null },
      ...{ highest: taken, begun: 20, revision: 4 },
    });
  });
});

it('what is of a log before it was restored is kept, as what nothing goes on from', () => {
  const building = withNextVersion({ ...first, old: [{ number: 19, format: 3 }] }, 4);
  const outdated = (number: number, format: number) => ({ number, format, outdated: true });
  expect(withServingOutdated(building, 5, 2026)).toEqual({
    ...{ serving: { number: 2026, format: 5 }, building: null, swap: null, highest: 2026, begun: 20, revision: 3 },
    old: [outdated(19, 3), outdated(20, 3), outdated(21, 4)],
  });
  expect(withServingOutdated(building, 5, 7).serving.number).toBe(22);
});

it('everything of a version is named by its number', () => {
  expect(versionNumberAt(new Date('2026-01-02T03:04:05.678Z'))).toBe(20260102030405);
  expect(versionName('timeline', 7)).toBe('timeline-7');
  expect(checkpointId('timeline', 7, 15)).toBe('timeline-7:15');
  expect(gapId(GLOBAL_ROOM, 12)).toBe('global:0000000000000012');
});
