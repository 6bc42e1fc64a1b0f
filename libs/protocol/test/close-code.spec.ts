import { expect, it } from '@jest/globals';
import { CLOSE, reconnectDelay, restartReason } from '../src/index.js';

it('every close code has its number once, and a reason that fits a close frame', () => {
  const codes = Object.values(CLOSE);
  expect(codes.map(({ code }) => code)).toEqual([1009, 1011, 1012, 4001, 4002, 4008, 4009, 4010]);
  for (const { reason } of codes) expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
});

it('the delay of a restart can be read out of its reason', () => {
  expect(reconnectDelay(restartReason(1_234))).toBe(1_234);
  expect(reconnectDelay(CLOSE.slowReader.reason)).toBeNull();
});
