import { expect, it } from '@jest/globals';
import { millisecondsOf } from '../src/log-record.js';

it('the time of a record is the millisecond that its nanoseconds are in, also at its very end', () => {
  expect(millisecondsOf('1796029382000999999')).toBe(1_796_029_382_000);
  expect(millisecondsOf('1796029382000000000')).toBe(1_796_029_382_000);
});
