import fc from 'fast-check';
import { ERASURE, SAID_BEFORE } from './records.js';
import type { Plan } from './world.js';

const anyRecords = (maxLength: number) => fc.array(fc.nat(65_535), { minLength: 1, maxLength, size: 'max' });

const anyPlan = (choices: number, records: fc.Arbitrary<number[]> = anyRecords(40)): fc.Arbitrary<Plan> =>
  fc.record({
    records,
    choices: fc.array(fc.nat(255), { maxLength: choices, size: 'max' }),
    end: fc.constantFrom('all crash', 'zombies wake before', 'zombies wake after'),
  });

/** Logs of up to 40 records, and what happens to the workers that fold them. */
export const anySchedule = anyPlan(500);

/** The same of logs in which somebody is erased who was heard of just before, in both rooms of a partition. */
export const anyErasure = anyPlan(
  300,
  fc
    .tuple(fc.array(fc.nat(65_535), { minLength: 3, maxLength: 3 }), anyRecords(10))
    .map(([between, after]) => [SAID_BEFORE[0], ...between, SAID_BEFORE[1], ERASURE, ...after]),
);

/** The same of projectors and rebuilds: a rebuild takes some hundred steps. */
export const anyVersionSchedule = anyPlan(400);
