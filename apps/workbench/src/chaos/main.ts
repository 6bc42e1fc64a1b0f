import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '#settings';
import { chaos, type ChaosOptions, type ChaosReport } from './chaos.js';
import { type ClusterFault, clusterFaults } from './cluster-faults.js';
import { lineOf } from './episodes.js';
import { holds } from './invariants/finding.js';

// `npm run chaos -- --seed N --minutes M [--cluster [--only FAULT,…] | --upgrade]`. What it does and checks: docs/operations.md.

const USAGE = 'usage: npm run chaos -- [--seed 1] [--minutes 2] [--cluster [--only FAULT,…] | --upgrade]';
const CROWD = { clans: 20, inRooms: 120, chats: 50, inChats: 80 };
const VIOLATIONS_SHOWN = 5;

const beganAt = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - beganAt) / 1_000).toFixed(1).padStart(6);
  console.error(`${seconds} s  ${line}`);
};

function numberOf(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && Number.isFinite(value)) return value;
  throw new RangeError(`--${name} must be a number from ${least} on\n${USAGE}`);
}

function faultsOf(text: string | undefined): ClusterFault[] {
  const known = Object.keys(clusterFaults);
  const named = text === undefined ? [] : text.split(',').map((name) => name.trim());
  if (named.every((name) => known.includes(name))) return named as ClusterFault[];
  throw new RangeError(`--only takes some of ${known.join(', ')}\n${USAGE}`);
}

function options(): Pick<ChaosOptions, 'seed' | 'mode' | 'only'> & { readonly minutes: number } {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        minutes: { type: 'string', default: '2' },
        cluster: { type: 'boolean', default: false },
        upgrade: { type: 'boolean', default: false },
        only: { type: 'string' },
      },
    });
    const seed = Math.floor(numberOf('seed', values.seed, 0));
    if (values.cluster && values.upgrade) throw new RangeError(`either --cluster or --upgrade\n${USAGE}`);
    if (values.only !== undefined && !values.cluster) throw new RangeError(`--only is for --cluster\n${USAGE}`);
    const mode = values.cluster ? 'cluster' : values.upgrade ? 'upgrade' : 'everything';
    return { seed, minutes: numberOf('minutes', values.minutes, 0.1), mode, only: faultsOf(values.only) };
  } catch (error) {
    throw error instanceof RangeError ? error : new RangeError(`${(error as Error).message}\n${USAGE}`);
  }
}

const counted = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([what, count]) => `${count} ${what}`).join(', ');

function pageOf(
  { faults, kinds, events, done, healedMs, findings }: ChaosReport,
  folder: string,
  seed: number,
): string[] {
  const lines = findings.flatMap((finding) => {
    const { name, what, count, violations } = finding;
    return [
      `${holds(finding) ? '  ok  ' : ' FAIL '} ${name.padEnd(4)} ${count} ${what}, ${violations.length} violations`,
      ...violations.slice(0, VIOLATIONS_SHOWN).map((violation) => `            ${violation}`),
    ];
  });
  const healed = healedMs === null ? 'not within 30 s' : `${(healedMs / 1_000).toFixed(1)} s after the last fault`;
  const ofKinds = kinds.flatMap((each) => [
    lineOf(each),
    ...each.violations.slice(0, VIOLATIONS_SHOWN).map((violation) => `            ${violation}`),
  ]);
  const isWhole =
    healedMs !== null && findings.every(holds) && kinds.every(({ violations }) => violations.length === 0);
  return [
    `seed ${seed}: ${events} events; ${counted(faults)}`,
    `what was done: ${counted(done)}`,
    ...ofKinds,
    ...lines,
    `${healedMs === null ? ' FAIL ' : '  ok  '} I8   everybody knew everything ${healed}`,
    isWhole ? 'everything held.' : `what everybody was told, the log and the read models are in ${folder}`,
  ];
}

try {
  const { seed, minutes, mode, only } = options();
  const { dataFolder, cacheFolder } = loadConfig(process.env, 'standalone').standalone;
  const folder = join(dataFolder, 'chaos', `${mode === 'everything' ? 'seed' : mode}-${seed}`);
  const report = await chaos({ seed, seconds: minutes * 60, mode, only, crowd: CROWD, folder, cacheFolder, say });
  const page = pageOf(report, folder, seed);
  console.log(page.join('\n'));
  process.exitCode = page.at(-1) === 'everything held.' ? 0 : 1;
} catch (error) {
  const isOurs = error instanceof RangeError || error instanceof ConfigError;
  console.error(isOurs ? error.message : `chaos: ${(error as Error).message}`);
  process.exitCode = error instanceof RangeError ? 2 : 1;
}
// What still waits must not hold the process.
process.exit();
