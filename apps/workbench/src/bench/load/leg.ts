import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemApart } from '../../apart/system-apart.js';
import { cpuBetween, cpuByPart, type PartCpu, processesOf } from '../cpu-time.js';
import { LoadGenerator } from './generator.js';
import type { LoadPlan, LoadReport } from './plan.js';

/** So that what the warm-up left to be saved is not counted. */
const SETTLE_MS = 1_000;

/** One load, and what it cost. */
export interface Leg {
  readonly load: LoadReport;
  /** Null where the system does not say. */
  readonly cpu: readonly PartCpu[] | null;
}

export interface LegListener {
  readonly say: (line: string) => void;
  /** Just before the first message that is measured, and when all have come back. */
  readonly begins?: () => void;
  readonly drained?: () => Promise<void>;
}

/** Everybody connects, warms up, is measured until all has come back, and is compared with the history. */
export async function runLeg(plan: LoadPlan, system: SystemApart, listener: LegListener): Promise<Leg> {
  const { say, begins, drained } = listener;
  const generator = new LoadGenerator(plan);
  try {
    await generator.reached('connected');
    say(`${plan.rooms * plan.members} clients are connected; warming up for ${plan.warmUpSeconds} s`);
    await generator.reached('ready');
    await sleep(SETTLE_MS);
    say(`${plan.rate} messages a second for ${plan.seconds} s`);
    begins?.();
    const processes = processesOf(system);
    const before = cpuByPart(processes);
    generator.go();
    await generator.reached('drained');
    const cpu = cpuBetween(before, cpuByPart(processes));
    say('drained; comparing what everybody was told with the history');
    await drained?.();
    return { load: await generator.report(), cpu };
  } finally {
    generator.stop();
  }
}
