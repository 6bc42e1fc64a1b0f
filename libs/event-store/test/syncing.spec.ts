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
  it('is found where half of many take longer than 0.1 ms each', () => {
    answers(300, 1, 160, 40);
    expect(syncing.found).toBe(true);
  });

  it('is not found where they take less', () => {
    answers(300, 1, 160, 15);
    expect(syncing.found).toBe(false);
  });

  it('is not found where what was answered long ago is read at once, since this process was busy', () => {
    answers(300, 300, 300, 500);
    expect(syncing.found).toBe(false);
  });

  it('is not found of few, which may only have waited for a processor', () => {
    answers(255, 1, 160, 500);
    expect(syncing.found).toBe(false);
  });

  it('is found by the answers to what was in flight, whatever is answered of what came later', () => {
    syncing.read(0, 300, 299);
    for (let token = 1_000; token < 1_200; token++) syncing.answered(token);
    now = 100;
    syncing.read(now, 300, 1_299);
    for (let token = 0; token < 200; token++) syncing.answered(token);
    now = 101;
    syncing.read(now, 100, 1_299);
    expect(syncing.found).toBe(true);
  });

  it('is given up where two large batches are less than three times as quick, for half a minute', () => {
    answers(300, 1, 160, 40);
    // 0.25 ms for each by itself.
    const slow = () => {
      syncing.stored(200, 20);
    };
    slow();
    syncing.stored(100, 1_000);
    syncing.stored(200, 10);
    slow();
    expect(syncing.found).toBe(true);
    slow();
    expect(syncing.found).toBe(false);
    answers(300, 1, 160, 40);
    expect(syncing.found).toBe(false);
    now += 30_000;
    answers(300, 1, 160, 40);
    expect(syncing.found).toBe(true);
  });

  it('is found anew after 30 s, and on another connection', () => {
    answers(300, 1, 160, 40);
    now += 29_900;
    expect(syncing.found).toBe(true);
    now += 200;
    expect(syncing.found).toBe(false);
    answers(300, 1, 160, 40);
    expect(syncing.found).toBe(true);
    syncing.forget();
    expect(syncing.found).toBe(false);
  });
});
