import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as pass } from 'node:timers/promises';
import { SharedFrames } from '../src/socket/shared-frames.js';

let shared: SharedFrames;
let made: number;
beforeEach(() => {
  shared = new SharedFrames();
  made = 0;
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Makes frames of so many bytes. */
const make = (bytes: number) => async () => {
  made++;
  await Promise.resolve();
  return [Buffer.alloc(bytes)];
};

describe('frames that many ask for', () => {
  it('are made once, for those who ask meanwhile and for a moment after', async () => {
    let now = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const [one, two] = await Promise.all([shared.of('a', make(1)), shared.of('a', make(1))]);
    expect(two).toBe(one);
    expect(await shared.of('a', make(1))).toBe(one);
    expect(await shared.of('b', make(1))).not.toBe(one);
    expect(made).toBe(2);
    now += 2_001;
    // The cache looks at the clock once in a millisecond.
    await pass(5);
    expect(await shared.of('a', make(1))).not.toBe(one);
  });

  it('are made again for who asks next where that failed, or there were none', async () => {
    const fail = () => Promise.reject(new Error('away'));
    const both = [shared.of('a', fail), shared.of('a', fail)];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await shared.of('a', () => Promise.resolve(null))).toBeNull();
    expect(await shared.of('a', make(1))).toHaveLength(1);
  });

  it('are kept up to a bound of bytes', async () => {
    for (const key of ['a', 'b', 'c']) await shared.of(key, make(6 * 1024 * 1024));
    await shared.of('c', make(1));
    await shared.of('b', make(1));
    expect(made).toBe(3);
    await shared.of('a', make(1));
    expect(made).toBe(4);
  });
});
