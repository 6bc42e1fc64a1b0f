import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { LineLimit } from '../src/line-limit.js';

let lines: string[];
let limit: LineLimit;
const logger = {
  warn: (line: string) => lines.push(line),
  error: (line: string, stack: string) => lines.push(`error: ${line} ${stack}`),
};

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  limit = new LineLimit(logger, { lines: 2, intervalMs: 60_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

const say = (...said: string[]) => {
  for (const line of said) limit.say(line);
};

it('writes what is within the limit at once, and of the rest how many there were', () => {
  say('a', 'b', 'c', 'd', 'e');
  expect(lines).toEqual(['a', 'b']);
  jest.advanceTimersByTime(59_999);
  expect(lines).toHaveLength(2);
  jest.advanceTimersByTime(1);
  expect(lines).toEqual(['a', 'b', '3 more within 60 s, the last: e']);
});

it('begins anew with each interval, in which what is said of the one before is a line too', () => {
  say('a', 'b', 'c');
  jest.advanceTimersByTime(60_000);
  say('d', 'e', 'f');
  expect(lines).toEqual(['a', 'b', '1 more within 60 s, the last: c', 'd']);
  jest.advanceTimersByTime(60_000);
  expect(lines.slice(4)).toEqual(['2 more within 60 s, the last: f']);
});

it('says nothing of what was not too much', () => {
  say('a', 'b');
  jest.advanceTimersByTime(60_000);
  say('c');
  jest.advanceTimersByTime(600_000);
  expect(lines).toEqual(['a', 'b', 'c']);
  expect(jest.getTimerCount()).toBe(0);
});

it('writes errors as such, each with its stack', () => {
  const errors = new LineLimit(logger, { level: 'error', lines: 1, intervalMs: 60_000 });
  errors.say('a', 'at a');
  errors.say('b', 'at b');
  expect(lines).toEqual(['error: a at a']);
});
