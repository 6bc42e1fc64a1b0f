import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { patiently } from '../src/patiently.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

const warn = jest.fn();
let isWanted = true;
const patience = { doing: 'reading', logger: { warn }, pause: 500, isWanted: () => isWanted };

beforeEach(() => {
  warn.mockClear();
  isWanted = true;
});

it('says why each attempt failed, and pauses before the next', async () => {
  const attempt = jest.fn<() => Promise<string>>();
  attempt.mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce('gone').mockResolvedValueOnce('read');
  const outcome = patiently(patience, attempt);
  await jest.advanceTimersByTimeAsync(499);
  expect(attempt).toHaveBeenCalledTimes(1);
  await jest.advanceTimersByTimeAsync(501);
  expect(await outcome).toBe('read');
  expect(warn.mock.calls).toEqual([['reading: away'], ['reading: gone']]);
});

it('ends where it is not wanted any more, before another attempt', async () => {
  const attempt = jest.fn(() => Promise.reject(new Error('away')));
  const outcome = patiently(patience, attempt);
  await jest.advanceTimersByTimeAsync(100);
  isWanted = false;
  await jest.advanceTimersByTimeAsync(400);
  expect(await outcome).toBeNull();
  expect(attempt).toHaveBeenCalledTimes(1);
});

it('is not begun where it was never wanted', async () => {
  isWanted = false;
  const attempt = jest.fn(() => Promise.resolve('read'));
  expect(await patiently(patience, attempt)).toBeNull();
  expect(attempt).not.toHaveBeenCalled();
});
