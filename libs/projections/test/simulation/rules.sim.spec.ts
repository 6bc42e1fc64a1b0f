import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rules } from './rules.js';
import { anySchedule } from './schedules.js';
import { simulate } from './simulation.js';

const schedules = fc.sample(anySchedule, { numRuns: 3_000, seed: 29 });

describe('the simulation notices where a rule of the protocol is left out:', () => {
  it.each(rules)(
    '%s',
    async (_rule, without) => {
      let faults: string[] = [];
      for (const schedule of schedules) {
        faults = await simulate(schedule, without);
        if (faults.length > 0) break;
      }
      expect(faults).not.toEqual([]);
    },
    120_000,
  );
});
