import { join } from 'node:path';
import type { Config } from '#settings';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { LagWatch } from './lag-watch.js';
import { runLeg } from './load/leg.js';
import type { LoadPlan } from './load/plan.js';
import { machineOf } from './machine.js';
import { Options, UsageError } from './options.js';
import { type SmokeFigures, smokeJson, smokeText } from './smoke-report.js';

const USAGE =
  'usage: npm run bench:smoke -- [--rate 300] [--seconds 10] [--rooms 10] [--members 10] [--fast-ack] [--json]';
/** A gateway takes 50 frames a second of a client in the long run; some room for uneven arrival. */
const MAX_RATE_PER_CLIENT = 40;
const WARM_UP_SECONDS = 3;

const progress = (line: string): void => {
  console.error(line);
};

/** Clients in rooms, and what becomes of their messages. Answers whether nothing was lost. */
export async function smoke(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['rate', 'seconds', 'rooms', 'members'], ['fast-ack', 'json'], USAGE);
  const durable = !options.flag('fast-ack');
  const rooms = options.number('rooms', 10, 1, 1_000);
  const members = options.number('members', 10, 1, 1_000);
  const rate = options.number('rate', 300, 1, 100_000);
  const seconds = options.number('seconds', 10, 1, 3_600);
  if (rate > MAX_RATE_PER_CLIENT * rooms * members) {
    throw new UsageError(`${rooms * members} clients may send ${MAX_RATE_PER_CLIENT * rooms * members} msg/s at most`);
  }
  progress('starting the servers and the roles, each a process of its own');
  const system = await startSystemApart({
    folder: join(folders.dataFolder, 'bench', 'smoke'),
    fresh: true,
    cacheFolder: folders.cacheFolder,
    durable,
    say: progress,
  });
  try {
    const { running, secret } = system;
    const { gateways, http } = running;
    const plan = {
      gateways,
      http,
      secret,
      turn: 0,
      characters: 0,
      rooms,
      members,
      rate,
      warmUpSeconds: WARM_UP_SECONDS,
      seconds,
    };
    const figures: SmokeFigures = {
      plan,
      gateways: gateways.length,
      durable,
      ...(await run(plan, system)),
      machine: machineOf(system),
    };
    console.log(options.flag('json') ? JSON.stringify(smokeJson(figures)) : smokeText(figures));
    return figures.load.lost === 0 && figures.load.faults.length === 0;
  } finally {
    await system.close();
  }
}

async function run(plan: LoadPlan, system: SystemApart): Promise<Pick<SmokeFigures, 'load' | 'lag' | 'cpu'>> {
  const lags = await LagWatch.connect(system.running);
  try {
    let lag = { max: 0, end: 0 };
    const leg = await runLeg(plan, system, {
      say: progress,
      begins: () => {
        lags.start();
      },
      drained: async () => {
        lag = await lags.end();
      },
    });
    return { ...leg, lag };
  } finally {
    await lags.close();
  }
}
