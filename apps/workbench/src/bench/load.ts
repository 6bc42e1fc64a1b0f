import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '#settings';
import { mainOf } from '../apart/role-process.js';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { runLeg } from './load/leg.js';
import { Scraper } from './load/scraper.js';
import { type LoadFigures, loadJson, loadText, legLine, type RunLeg } from './load/report.js';
import { machineOf } from './machine.js';
import { Options, UsageError } from './options.js';

const USAGE =
  'usage: npm run bench:load -- [--scenario S0|S1|S2|S3] [--durability d0|d1] [--rates 300,1000,5000,8000] [--seconds 8]\n' +
  '       [--acks] [--against DIR [--metrics]] [--pairs 5] [--json]';

/** Rooms, who is in them, and how many of these say something; and how often by default. */
const SCENARIOS = {
  // That of bench:smoke.
  S0: { rooms: 10, members: 10, senders: 10, gateways: 2, rates: [300] },
  S1: { rooms: 100, members: 10, senders: 10, gateways: 1, rates: [300, 1_000, 5_000, 8_000] },
  S2: { rooms: 10, members: 100, senders: 100, gateways: 1, rates: [1_000, 2_000] },
  S3: { rooms: 1, members: 1_000, senders: 10, gateways: 1, rates: [150] },
} as const;
/** A gateway takes 50 frames a second of a client in the long run; some room for uneven arrival. */
const MAX_RATE_PER_SENDER = 40;
const WARM_UP_SECONDS = 3;

const progress = (line: string): void => {
  console.error(line);
};

/** A load at several rates, on this checkout or on this and another one in turns. Answers whether nothing was lost. */
export async function load(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const valued = ['scenario', 'durability', 'rates', 'seconds', 'against', 'pairs'];
  const options = new Options(args, valued, ['acks', 'metrics', 'json'], USAGE);
  const scenario = options.choice('scenario', 'S1', ['S0', 'S1', 'S2', 'S3']);
  const durability = options.choice('durability', 'd1', ['d0', 'd1']);
  const { rooms, members, senders, gateways: count, rates: usual } = SCENARIOS[scenario];
  const rates = options.numbers('rates', usual, 1, MAX_RATE_PER_SENDER * rooms * senders);
  const seconds = options.number('seconds', 8, 1, 3_600);
  const pairs = options.number('pairs', 5, 1, 100);
  const acks = options.flag('acks');
  const against = options.text('against');
  const metrics = options.flag('metrics');
  if (metrics && against === undefined) throw new UsageError('--metrics: what it costs takes two: say --against . too');
  const scraper = new Scraper();
  const checkouts = [undefined, ...(against === undefined ? [] : [builtCheckout(against)])];
  progress('starting the servers and the roles, each a process of its own');
  const systems: SystemApart[] = [];
  try {
    for (const [i, checkout] of checkouts.entries()) {
      systems.push(
        await startSystemApart({
          ...{ folder: join(folders.dataFolder, 'bench', `load-${'ab'[i]}`), fresh: true, gateways: count },
          ...{ cacheFolder: folders.cacheFolder, durable: durability === 'd1', say: progress },
          ...(checkout !== undefined && { checkout }),
          ...(metrics && i === 1 && { ownEnv: () => scraper.env() }),
          // One reads the history of all.
          env: { HTTP_REQUESTS_PER_SECOND: '10000', HTTP_REQUESTS_BURST: '100000' },
        }),
      );
    }
    scraper.start();
    const legs: RunLeg[] = [];
    for (const rate of rates) {
      for (const side of turns(systems.length, pairs)) {
        const { running, secret } = systems[side]!;
        const { gateways, http } = running;
        const plan = {
          ...{ gateways, http, secret, turn: legs.length, rooms, members, senders, acks, characters: 0, rate },
          ...{ warmUpSeconds: WARM_UP_SECONDS, seconds },
        };
        const leg = { side: side === 0 ? 'A' : 'B', rate, members, seconds } as const;
        legs.push({ ...leg, ...(await runLeg(plan, systems[side]!, { say: progress })) });
        progress(legLine(legs.at(-1)!));
      }
    }
    const figures: LoadFigures = {
      ...{ scenario, durability, rooms, members, senders, acks, seconds, against: against ?? null, legs },
      ...{ metrics, scrapes: scraper.scrapes },
      machine: machineOf(systems[0]!),
    };
    console.log(options.flag('json') ? JSON.stringify(loadJson(figures)) : loadText(figures));
    return legs.every(({ load: { lost, faults } }) => lost === 0 && faults.length === 0);
  } finally {
    scraper.stop();
    for (const system of systems) await system.close();
  }
}

function builtCheckout(folder: string): string {
  const checkout = resolve(folder);
  if (existsSync(mainOf('gateway', checkout))) return checkout;
  throw new UsageError(`--against: ${checkout} is no checkout that is built`);
}

/** One alone once; of two A B, B A, A B and so on. */
function turns(systems: number, pairs: number): number[] {
  if (systems === 1) return [0];
  return Array.from({ length: pairs }, (_, pair) => (pair % 2 === 0 ? [0, 1] : [1, 0])).flat();
}
