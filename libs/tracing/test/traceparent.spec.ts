import { expect, it } from '@jest/globals';
import { contextIn, traceparentOf } from '../src/step.js';

const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
const whole = `00-${traceId}-${spanId}-01`;

it('is read as W3C Trace Context has it, and written as it was read', () => {
  expect(contextIn(whole)).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true });
  expect(contextIn(`00-${traceId}-${spanId}-00`)?.traceFlags).toBe(0);
  expect(traceparentOf(contextIn(whole)!)).toBe(whole);
});

it('of a later version is read as far as it is known, its other flags left out', () => {
  expect(traceparentOf(contextIn(`01-${traceId}-${spanId}-ff-of-the-future`)!)).toBe(whole);
});

it.each([
  undefined,
  null,
  7,
  { traceId },
  '',
  whole.slice(0, -1),
  `${whole}-more`,
  ` ${whole}`,
  `${whole}\r\nNats-Msg-Id: x`,
  whole.toUpperCase(),
  `ff-${traceId}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `01-${traceId}-${spanId}-01-${'x'.repeat(300)}`,
  `${whole},${whole}`,
])('is nothing where it is none: %j', (given) => {
  expect(contextIn(given)).toBeNull();
});
