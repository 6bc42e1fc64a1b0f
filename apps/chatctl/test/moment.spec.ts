import { expect, it } from '@jest/globals';
import { momentOf } from '../src/command.js';

const now = Date.parse('2026-01-31T18:30:00Z');

it.each([
  ['1234', { seq: 1_234 }],
  ['90s', { time: now - 90_000 }],
  ['10m', { time: now - 600_000 }],
  ['2h', { time: now - 7_200_000 }],
  ['7d', { time: now - 604_800_000 }],
  ['2026-01-31', { time: Date.parse('2026-01-31T00:00:00.000Z') }],
  ['2026-01-31T18:30', { time: now }],
  ['2026-01-31T18:30:00.250', { time: now + 250 }],
  ['2026-01-31T18:30:00Z', { time: now }],
  ['2026-01-31T20:30:00+02:00', { time: now }],
])('%s is a moment', (text, moment) => {
  expect(momentOf(text, now)).toEqual(moment);
});

it.each([undefined, '', '0', '-1', '1.5', '0m', 'm', '10y', 'now', '2026-13-01', '2026-01-31T', 'Jan 31 2026'])(
  '%j is none, and what is one is said',
  (text) => {
    expect(() => momentOf(text, now)).toThrow(/^say when: /);
  },
);
