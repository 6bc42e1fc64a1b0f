import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { StaleWatch } from '../src/stale-watch.js';

let given: number | null;
let last: () => Promise<number>;
let watch: StaleWatch;
const stale = jest.fn();

beforeEach(() => {
  jest.useFakeTimers();
  stale.mockClear();
  [given, last] = [7, () => Promise.resolve(7)];
  watch = new StaleWatch({ givenTo: () => given, last: () => last(), stale });
});
afterEach(() => {
  watch.stop();
  jest.useRealTimers();
});

const look = () => jest.advanceTimersByTimeAsync(5_000);

it('takes for stale what does not give by the next look what was there at one', async () => {
  await look();
  last = () => Promise.resolve(9);
  await look();
  expect(stale).not.toHaveBeenCalled();
  await look();
  expect(stale).toHaveBeenCalledTimes(1);
});

it('leaves alone what goes on, whatever is there yet', async () => {
  last = () => Promise.resolve(100);
  for (given = 1; given < 9; given++) await look();
  expect(stale).not.toHaveBeenCalled();
});

it('leaves alone what nothing is due from, and what nobody can be asked about', async () => {
  last = () => Promise.resolve(9);
  given = null;
  for (let i = 0; i < 3; i++) await look();
  given = 7;
  await look();
  // It was not waited for in between.
  given = null;
  await look();
  given = 7;
  last = () => Promise.reject(new Error('away'));
  for (let i = 0; i < 3; i++) await look();
  expect(stale).not.toHaveBeenCalled();
});

it('looks no more once it is stopped', async () => {
  last = () => Promise.resolve(9);
  watch.stop();
  for (let i = 0; i < 3; i++) await look();
  expect(stale).not.toHaveBeenCalled();
});
