import { expect, it } from '@jest/globals';
import { median, quantile } from '../src/bench/quantiles.js';

it('a quantile is the value at or below which its share of the values lies', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([0, 0.5, 0.99, 1].map((share) => quantile(hundred, share))).toEqual([1, 50, 99, 100]);
  expect(quantile([10, 9, 100], 0.99)).toBe(100);
  expect(quantile([], 0.5)).toBeNull();
});

it('the median of an even number of values is the lower one of the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2]);
  expect(() => median([])).toThrow(RangeError);
});
