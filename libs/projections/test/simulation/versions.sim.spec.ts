import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { check } from './check.js';
import { anyVersionSchedule } from './schedules.js';
import { versionRules } from './version-rules.js';
import { simulateVersions } from './version-simulation.js';

const SCHEDULES = 500;

describe('projectors, rebuilds and a database that is emptied, simulated', () => {
  it('hold whatever crashes, sleeps, fails or comes late', async () => {
    const holds = fc.asyncProperty(anyVersionSchedule, async (schedule) => {
      expect(await simulateVersions(schedule)).toEqual([]);
    });
    await check(holds, { numRuns: SCHEDULES, seed: 1 });
  }, 300_000);

  const schedules = fc.sample(anyVersionSchedule, { numRuns: SCHEDULES, seed: 7 });

  it.each(versionRules)(
    'are noticed where a rule is left out: %s',
    async (_rule, without) => {
      let faults: string[] = [];
      for (const schedule of schedules) {
        faults = await simulateVersions(schedule, without);
        if (faults.length > 0) break;
      }
      expect(faults).not.toEqual([]);
    },
    120_000,
  );
});
