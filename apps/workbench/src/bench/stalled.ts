import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '#settings';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { cpuSeconds } from './cpu-time.js';
import { LoadGenerator } from './load/generator.js';
import type { LoadPlan } from './load/plan.js';
import { machineOf } from './machine.js';
import { Options } from './options.js';
import { Bystanders } from './stalled/bystanders.js';
import { MemoryWatch } from './stalled/memory.js';
import { type Beside, faultsOf, type Period, stalledJson, stalledText } from './stalled/report.js';

const USAGE =
  'usage: npm run bench:stalled -- [--stalled 1000] [--readers 20] [--rate 100] [--seconds 15] [--rounds 3] [--json]';
/** Until those who do not read have got all that is kept for them, and are cut, and come back. */
const WARM_UP_SECONDS = 15;
const CONNECTS_PER_SECOND = 100;
/** Long ones, so that what is kept for those who do not read is soon too much. */
const CHARACTERS = 2_000;
/** For what was left of the last period. */
const SETTLE_MS = 3_000;

const progress = (line: string): void => {
  console.error(line);
};

/** Readers of a room, beside whom others stand who do not read. Answers whether nothing was lost. */
export async function stalled(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['stalled', 'readers', 'rate', 'seconds', 'rounds'], ['json'], USAGE);
  const readers = options.number('readers', 20, 1, 32);
  const bystanders = options.number('stalled', 1_000, 1, 10_000);
  const rate = options.number('rate', 100, 1, 40 * readers);
  const seconds = options.number('seconds', 15, 1, 3_600);
  const rounds = options.number('rounds', 3, 1, 100);
  progress('starting the servers and the roles, each a process of its own');
  const system = await startSystemApart({
    ...{ folder: join(folders.dataFolder, 'bench', 'stalled'), fresh: true, cacheFolder: folders.cacheFolder },
    ...{ gateways: 1, say: progress },
  });
  try {
    const { gateways, http } = system.running;
    const load = {
      gateways,
      http,
      secret: system.secret,
      rooms: 1,
      members: readers,
      rate,
      seconds,
      characters: CHARACTERS,
    };
    const periods: Period[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const beside of ['nobody', 'reading', 'stalled'] as const) {
        progress(`round ${round} of ${rounds}, beside: ${beside}`);
        const plan = { ...load, turn: periods.length, warmUpSeconds: WARM_UP_SECONDS };
        periods.push(await measure(system, plan, beside, bystanders));
      }
    }
    const figures = { readers, bystanders, rate, seconds, periods, machine: machineOf(system) };
    console.log(options.flag('json') ? JSON.stringify(stalledJson(figures)) : stalledText(figures));
    return periods.every(({ lost }) => lost === 0) && faultsOf(figures).length === 0;
  } finally {
    await system.close();
  }
}

async function measure(system: SystemApart, plan: LoadPlan, beside: Beside, count: number): Promise<Period> {
  const { secret, turn } = plan;
  const pid = system.gateways[0]!.pid!;
  const gateway = system.gateways[0]!.http;
  const others =
    beside === 'nobody'
      ? null
      : await Bystanders.gathered({
          ...{ gateway, secret, turn, count, reads: beside === 'reading' },
          connectsPerSecond: CONNECTS_PER_SECOND,
        });
  const generator = new LoadGenerator(plan);
  try {
    await generator.reached('connected');
    await generator.reached('ready');
    const memory = new MemoryWatch(pid);
    const cut = (await others?.count())?.cut ?? 0;
    const before = cpuSeconds([pid]);
    const begun = performance.now();
    generator.go();
    await generator.reached('drained');
    const wall = (performance.now() - begun) / 1_000;
    const after = cpuSeconds([pid]);
    const { latency, lost, faults } = await generator.report();
    const period = {
      ...{ beside, p50: latency.p50, p99: latency.p99, lost, faults, memory: memory.end() },
      gatewayCpu: before && after && (after[0]! - before[0]!) / wall,
      cut: ((await others?.count())?.cut ?? 0) - cut,
    };
    progress(JSON.stringify(period));
    return period;
  } finally {
    generator.stop();
    await others?.go();
    await sleep(SETTLE_MS);
  }
}
