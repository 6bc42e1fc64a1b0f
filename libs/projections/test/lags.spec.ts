import { expect, it } from '@jest/globals';
import { lagsAt } from '../src/engine/lags.js';
import type { NamedConsumer, Place } from '../src/engine/progress.js';

const NOW = 1_000_000;

const placeOf = (pending: number | null): Place => {
  const consumer: NamedConsumer | null =
    pending === null
      ? null
      : { name: 'timeline-1-3-e2', owner: null, epoch: 2, pending, acknowledged: 0, acknowledgedSeq: 7 };
  return { partition: 3, owner: 'one', position: 7, epoch: 2, consumer };
};

/** What is said of one partition. @param oldestAt when the oldest event was stored that is not folded; null for none */
async function lagOf(pending: number | null, oldestAt: number | null, counted = 0) {
  const log = { backlog: () => Promise.resolve(counted), oldestOfBacklog: () => Promise.resolve(oldestAt) };
  const [lag] = await lagsAt([placeOf(pending)], { kinds: undefined }, log, NOW);
  return [lag!.lagEvents, lag!.lagSeconds];
}

it('says how many events are not folded and how old the oldest is, by the consumer or, where there is none, the log', async () => {
  expect(await lagOf(5, NOW - 2_500)).toEqual([5, 2.5]);
  expect(await lagOf(null, NOW - 2_500, 4)).toEqual([4, 2.5]);
  expect(await lagOf(0, null)).toEqual([0, 0]);
});

it('never says that events wait and that none is old', async () => {
  // Stored while it was asked, by a clock that was read before.
  expect(await lagOf(5, NOW + 30)).toEqual([5, 0.001]);
  expect(await lagOf(5, NOW)).toEqual([5, 0.001]);
  // Folded between the two answers.
  expect(await lagOf(5, null)).toEqual([0, 0]);
});
