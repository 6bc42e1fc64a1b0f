import fc from 'fast-check';
import type { Schedule } from './simulation.js';

/** Logs of up to 40 records, and what happens to the workers that fold them. */
export const anySchedule: fc.Arbitrary<Schedule> = fc.record({
  records: fc.array(fc.nat(65_535), { minLength: 1, maxLength: 40, size: 'max' }),
  choices: fc.array(fc.nat(255), { maxLength: 500, size: 'max' }),
  end: fc.constantFrom('all crash', 'zombies wake before', 'zombies wake after'),
});
