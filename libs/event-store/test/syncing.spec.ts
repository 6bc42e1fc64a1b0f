import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Syncing } from '../src/syncing.js';

let now = 0;
let syncing: Syncing;
beforeEach(() => {
  now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  syncing = new Syncing();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Many are in flight, all sent by now; then so many answers come in so many ms, in one reading each. */
function answers(inFlight: number, each: number, count: number, ms: number): void {
  let left = inFlight;
  let token = 0;
  syncing.read(now, left, inFlight - 1);
  for (let answered = 0; answered < count; answered += each) {
    now += (ms * each) / count;
    for (let i = 0; i < each; i++) syncing.answered(token++);
    left -= each;
    syncing.read(now, left, inFlight - 1);
  }
}

describe('a stream that syncs', () => {
  it('is found where less than half of many are answered after 0.1 ms for each of the half', () => {
    answers(300, 1, 100, 16);
    expect(syncing.found).toBe(true);
  });

  it('is not found where half are answered by then', () => {
    answers(300, 1, 200, 19);
    expect(syncing.found).toBe(false);
  });

  it('is not found where what was answered long ago is read at once, since this process was busy', () => {
    answers(300, 300, 300, 500);
    expect(syncing.found).toBe(false);
  });

  it('is not found of few, which may only have waited for a processor', () => {
    answers(255, 1, 100, 500);
    expect(syncing.found).toBe(false);
  });

  it('is not found by answers to what was sent later', () => {
    syncing.read(0, 300, 299);
    for (let token = 0; token < 200; token++) syncing.answered(token);
    now = 100;
    // The sample has come to its end, whatever is in flight by now.
    syncing.read(now, 300, 499);
    expect(syncing.found).toBe(false);
    syncing.read(now, 300, 499);
    for (let token = 1_000; token < 1_200; token++) syncing.answered(token);
    now = 200;
    syncing.read(now, 300, 1_299);
    expect(syncing.found).toBe(true);
  });

  it('is found anew after 30 s, and on another connection', () => {
    answers(300, 1, 100, 16);
    now += 29_900;
    expect(syncing.found).toBe(true);
    now += 200;
    expect(syncing.found).toBe(false);
    answers(300, 1, 100, 16);
    expect(syncing.found).toBe(true);
    syncing.forget();
    expect(syncing.found).toBe(false);
  });
});
