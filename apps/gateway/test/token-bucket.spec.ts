import { beforeEach, describe, expect, it } from '@jest/globals';
import { TokenBucket, TokenBuckets } from '../src/socket/token-bucket.js';

const rate = { perSecond: 10, burst: 3 };

/** How many of ten may happen. */
const taken = (take: () => boolean): number => Array.from({ length: 10 }, take).filter(Boolean).length;

describe('a bucket', () => {
  let bucket: TokenBucket;
  beforeEach(() => {
    bucket = new TokenBucket(rate, 1_000);
  });
  const at = (now: number) => taken(() => bucket.take(now));

  it('lets so many happen at once, then so many a second, and never more than at first', () => {
    expect([at(1_000), at(1_099), at(1_100), at(1_299), at(1_300), at(60_000)]).toEqual([3, 0, 1, 1, 1, 3]);
  });

  it('is full again once all has come back', () => {
    expect(bucket.isFull(1_000)).toBe(true);
    bucket.take(1_000);
    expect([bucket.isFull(1_099), bucket.isFull(1_100)]).toEqual([false, true]);
  });
});

describe('buckets', () => {
  let buckets: TokenBuckets;
  beforeEach(() => {
    buckets = new TokenBuckets(rate);
  });

  it('are one for each, whoever else takes', () => {
    expect(taken(() => buckets.take('a', 0))).toBe(3);
    expect(taken(() => buckets.take('b', 0))).toBe(3);
    expect(taken(() => buckets.take('a', 100))).toBe(1);
  });

  it('are kept until they are full, and no longer', () => {
    buckets.take('a', 0);
    buckets.take('b', 0);
    buckets.take('b', 0);
    buckets.take('c', 99);
    expect(buckets.size).toBe(3);
    buckets.take('c', 100);
    expect(buckets.size).toBe(2);
    buckets.take('d', 200);
    expect(buckets.size).toBe(2);
  });

  it('are forgotten a moment later where one of before is used all the time', () => {
    for (const owner of ['a', 'b', 'c']) buckets.take(owner, 0);
    for (let now = 100; now < 1_000; now += 100) buckets.take('a', now);
    expect(buckets.size).toBe(3);
    buckets.take('a', 1_000);
    buckets.take('a', 1_100);
    expect(buckets.size).toBe(1);
  });
});
