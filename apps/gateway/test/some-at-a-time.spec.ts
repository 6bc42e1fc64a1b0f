import { describe, expect, it } from '@jest/globals';
import { someAtATime } from '../src/feeds/some-at-a-time.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Works on 0 to 9, each until it is ended. */
function start(atOnce: number) {
  const begun: number[] = [];
  const failures: [number, unknown][] = [];
  const ends = Array.from({ length: 10 }, () => Promise.withResolvers<undefined>());
  let over = false;
  const work = someAtATime(
    ends.map((_, i) => i),
    {
      atOnce,
      work: async (i) => {
        begun.push(i);
        await ends[i]!.promise;
      },
      failed: (i, error) => failures.push([i, error]),
    },
  ).then(() => (over = true));
  return { begun, failures, ends, work, isOver: () => over };
}

describe('some at a time', () => {
  it('begins so many, and the next one as soon as one is done, in their order', async () => {
    const { begun, ends } = start(3);
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    ends[1]!.resolve(undefined);
    await turn();
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('goes on past one that takes for ever', async () => {
    const { begun, ends, isOver } = start(3);
    for (const [i, { resolve }] of ends.entries()) if (i !== 2) resolve(undefined);
    await turn();
    expect(begun).toHaveLength(10);
    expect(isOver()).toBe(false);
  });

  it('goes on past one that fails, says which, and is over after the last', async () => {
    const { begun, failures, ends, work } = start(1);
    const error = new Error('of one');
    ends[2]!.reject(error);
    for (const { resolve } of ends) resolve(undefined);
    await work;
    expect(begun).toHaveLength(10);
    expect(failures).toEqual([[2, error]]);
  });
});
