import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { check } from './check.js';
import { anyErasure, anySchedule } from './schedules.js';
import { simulate } from './simulation.js';

const SCHEDULES = 10_000;
const ERASURES = 5_000;

describe('the worker protocol, simulated', () => {
  it('holds whatever crashes, sleeps, fails or comes late', async () => {
    const holds = fc.asyncProperty(anySchedule, async (schedule) => {
      expect(await simulate(schedule)).toEqual([]);
    });
    await check(holds, { numRuns: SCHEDULES, seed: 1 });
  }, 600_000);

  it('holds so while somebody is erased', async () => {
    const holds = fc.asyncProperty(anyErasure, async (schedule) => {
      expect(await simulate(schedule)).toEqual([]);
    });
    await check(holds, { numRuns: ERASURES, seed: 2 });
  }, 600_000);
});
