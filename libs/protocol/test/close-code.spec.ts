import { expect, it } from '@jest/globals';
import { CLOSE, reconnectDelay, restartReason } from '../src/index.js';

it('every close code has its number once, and a reason that fits a close frame', () => {
  const codes = Object.values(CLOSE);
  expect(codes.map(({ code, reconnect }) => [code, reconnect])).toEqual([
    [1009, true],
    [1011, 'after delay'],
    [1012, 'after delay'],
    [4001, true],
    [4002, false],
    [4008, true],
    [4009, 'after delay'],
    [4010, false],
  ]);
  for (const { reason } of codes) {
    expect(reason).toMatch(/\w/);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  }
});

it('the delay of a restart can be read out of its reason', () => {
  expect(restartReason(1_234)).toBe('restart: reconnect after 1234 ms');
  expect(reconnectDelay(restartReason(1_234))).toBe(1_234);
  expect(reconnectDelay('reconnect after 5 ms or so')).toBeNull();
  expect(reconnectDelay(CLOSE.slowReader.reason)).toBeNull();
});
