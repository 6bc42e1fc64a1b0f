import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anySchedule } from './schedules.js';
import { simulate } from './simulation.js';

const SCHEDULES = 10_000;
const PARTS = 5;

describe('the worker protocol, simulated', () => {
  it.each(Array.from({ length: PARTS }, (_, part) => part + 1))(
    'holds whatever crashes, sleeps, fails or comes late: part %i',
    async (part) => {
      const holds = fc.asyncProperty(anySchedule, async (schedule) => {
        expect(await simulate(schedule)).toEqual([]);
      });
      await fc.assert(holds, { numRuns: SCHEDULES / PARTS, seed: part });
    },
    120_000,
  );
});
