import { describe, expect, it } from '@jest/globals';
import { countsOfLog, PaneTally } from '../src/break-it/tally.js';

// What is counted as lost, doubled and out of order.

const told = (tally: PaneTally, ...messages: (readonly [probe: number, n: number])[]) => {
  for (const [probe, n] of messages) tally.message(`id ${n}`, n, probe);
};
const none = { lost: 0, doubled: 0, disordered: 0 };

describe('what a client was told', () => {
  it('is all of it, once, in order', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11], [2, 12], [3, 13]);
    expect(tally.counts([1, 2, 3])).toEqual({ told: 3, ...none });
  });

  it('lacks what is due, and only what is due', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11], [3, 13]);
    expect(tally.counts([1, 2, 3])).toEqual({ ...none, told: 2, lost: 1 });
    expect(tally.counts([1])).toEqual({ told: 1, ...none });
  });

  it('has nothing to do with what was said before it came', () => {
    const tally = new PaneTally(3);
    told(tally, [3, 13]);
    expect(tally.counts([1, 2, 3])).toEqual({ told: 1, ...none });
  });

  it('is doubled where it is told twice, and out of order where what is below comes later, of whomever', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11], [1, 11]);
    tally.message('another’s', 14, null);
    told(tally, [2, 12]);
    expect(tally.counts([1, 2])).toEqual({ told: 2, lost: 0, doubled: 1, disordered: 1 });
  });

  it('is made whole by the latest messages, which double nothing', () => {
    const tally = new PaneTally(1);
    told(tally, [1, 11]);
    tally.reset([1, 2].map((probe) => ({ id: `id ${probe + 10}`, n: probe + 10, probe })));
    told(tally, [3, 13]);
    expect(tally.counts([1, 2, 3])).toEqual({ told: 3, ...none });
  });
});

it('what the log has is held against what was acknowledged', () => {
  expect(countsOfLog([1, 2, 3, 4], [1, 2, 3])).toEqual({ told: 3, ...none });
  expect(countsOfLog([1, 3, 2, 2], [1, 2, 3, 4])).toEqual({ told: 3, lost: 1, doubled: 1, disordered: 1 });
});
