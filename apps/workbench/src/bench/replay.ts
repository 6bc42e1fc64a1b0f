import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#settings';
import { machineLine, machineOf } from './machine.js';
import { Options } from './options.js';
import { median, rounded } from './quantiles.js';
import { DEEP_ROOM, serveLog } from './replay/log.js';
import { timed, type Took } from './replay/run.js';

const USAGE =
  'usage: npm run bench:replay -- [--events 1000000] [--in-room 100000] [--rounds 3] [--sealed] [--keep] [--json]';

interface Figure {
  readonly name: string;
  readonly seconds: number;
  readonly eventsPerSecond: number | null;
  readonly cpuMicrosPerEvent: number | null;
  readonly peakMb: number | null;
}

/** How quickly the log is read by who analyses it, each in a process of its own. Answers whether all came to an end. */
export async function replay(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['events', 'in-room', 'rounds'], ['sealed', 'keep', 'json'], USAGE);
  const events = options.number('events', 1_000_000, 10_000, 100_000_000);
  const inRoom = options.number('in-room', Math.min(100_000, events / 10), 1, events / 2);
  const rounds = options.number('rounds', 3, 1, 50);
  const folder = join(folders.dataFolder, 'bench', 'replay');
  const plan = { events, inRoom, sealed: options.flag('sealed') };
  const { server, env } = await serveLog(folder, folders.cacheFolder, plan);
  try {
    const [lines, dir] = [join(folder, 'lines'), join(folder, 'export')];
    const [replays, exports, ats]: [Took[], Took[], Took[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      replays.push(await timed(env, lines, 'replay'));
      rmSync(dir, { recursive: true, force: true });
      exports.push(await timed(env, join(folder, 'files'), 'export', dir));
      ats.push(await timed(env, join(folder, 'room'), 'at', String(events), '--room', DEEP_ROOM, '--json'));
      console.error(`${round + 1} of ${rounds}`);
    }
    const linesMb = statSync(lines).size / 1e6;
    const figures = [
      figureOf('replay to NDJSON', events, replays),
      figureOf('export to Parquet', events, exports),
      figureOf(`at, of a room of ${inRoom} events`, null, ats),
    ];
    const machine = machineLine(machineOf({ nats: server, mongodb: { taken: 'no database' } }));
    const report = { ...plan, rounds, figures, linesMb: rounded(linesMb, 0), machine };
    console.log(options.flag('json') ? JSON.stringify(report) : textOf(report));
  } finally {
    await server.stop();
    // Gigabytes, which the next run of the same would read again.
    if (!options.flag('keep')) rmSync(folder, { recursive: true, force: true });
  }
  return true;
}

function figureOf(name: string, count: number | null, took: readonly Took[]): Figure {
  const middle = (values: readonly (number | null)[], digits: number) =>
    values.includes(null) ? null : rounded(median(values as number[]), digits);
  return {
    name,
    seconds: middle(
      took.map(({ seconds }) => seconds),
      2,
    )!,
    eventsPerSecond:
      count &&
      middle(
        took.map(({ seconds }) => count / seconds),
        0,
      ),
    cpuMicrosPerEvent:
      count &&
      middle(
        took.map(({ cpuSeconds: cpu }) => cpu && (cpu * 1e6) / count),
        1,
      ),
    peakMb: middle(
      took.map(({ peakMb }) => peakMb),
      0,
    ),
  };
}

function textOf(report: {
  readonly events: number;
  readonly rounds: number;
  readonly sealed: boolean;
  readonly figures: readonly Figure[];
  readonly machine: string;
}): string {
  const line = ({ name, seconds, eventsPerSecond, cpuMicrosPerEvent, peakMb }: Figure) =>
    `${name}: ${seconds} s` +
    (eventsPerSecond === null ? '' : `, ${eventsPerSecond} events/s, ${cpuMicrosPerEvent} µs of CPU each`) +
    `, ${peakMb} MB at most`;
  return [
    `${report.events} events${report.sealed ? ', their texts sealed' : ''}, medians of ${report.rounds} rounds`,
    ...report.figures.map(line),
    report.machine,
  ].join('\n');
}
