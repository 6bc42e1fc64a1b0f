import { describe, expect, it } from '@jest/globals';
import { CLOSE, restartReason } from '../../protocol/src/index.js';
import { fullJitter, reconnectDelay } from '../src/reconnecting.js';

const backoff = { minMs: 500, maxMs: 20_000 };
const delays = (code: number, reason = '', attempt = 0) =>
  Array.from({ length: 200 }, () => reconnectDelay(backoff, code, reason, attempt));

describe('after a close', () => {
  it.each(Object.values(CLOSE))('with $code it does what the server says of that code: $reconnect', (close) => {
    const [delay] = delays(close.code, close === CLOSE.restart ? restartReason(1_234) : close.reason);
    if (close.reconnect === false) expect(delay).toBeNull();
    else if (close.reconnect === true) expect(delay).toBe(0);
    else if (close === CLOSE.restart) expect(delay).toBe(1_234);
    else expect(delay).toBeGreaterThanOrEqual(5_000);
  });

  it.each([1002, 1007, 1008])('with %d, a fault of ours, it does not come back', (code) => {
    expect(delays(code)[0]).toBeNull();
  });

  it('of no server it waits anywhere up to a bound that doubles up to the longest', () => {
    for (const [attempt, most] of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000].entries()) {
      const all = delays(1006, '', attempt) as number[];
      expect(Math.max(...all)).toBeLessThanOrEqual(most);
      expect(Math.max(...all)).toBeGreaterThan(most * 0.8);
      expect(Math.min(...all)).toBeLessThan(most * 0.2);
    }
  });

  it('that would be answered at once it waits all the same, where that has failed before', () => {
    expect(Math.max(...(delays(4001, '', 3) as number[]))).toBeGreaterThan(2_000);
  });
});

it('the jitter has no end of its own', () => {
  expect(fullJitter(backoff, 2_000)).toBeLessThanOrEqual(20_000);
});
