import fc from 'fast-check';
import type { Plan } from './world.js';

const anyPlan = (choices: number): fc.Arbitrary<Plan> =>
  fc.record({
    records: fc.array(fc.nat(65_535), { minLength: 1, maxLength: 40, size: 'max' }),
    choices: fc.array(fc.nat(255), { maxLength: choices, size: 'max' }),
    end: fc.constantFrom('all crash', 'zombies wake before', 'zombies wake after'),
  });

/** Logs of up to 40 records, and what happens to the workers that fold them. */
export const anySchedule = anyPlan(500);

/** The same of projectors and rebuilds: a rebuild takes some hundred steps. */
export const anyVersionSchedule = anyPlan(400);
