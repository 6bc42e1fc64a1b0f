import { type Machine, machineLine } from '../machine.js';
import { rounded } from '../quantiles.js';
import type { CatchUp } from './catch-up.js';
import type { InMemory } from './in-memory.js';
import type { Lag } from './lag.js';

export interface ProjectionFigures {
  readonly events: number;
  readonly rounds: number;
  readonly inMemory: InMemory;
  readonly catchUps: readonly CatchUp[];
  readonly rebuildSeconds: number;
  readonly lagSeconds: number;
  readonly lags: readonly Lag[];
  readonly machine: Machine;
}

type ByPart = Readonly<Record<string, number>>;

const mapped = (parts: ByPart | null, change: (value: number) => number): ByPart | null =>
  parts && Object.fromEntries(Object.entries(parts).map(([part, value]) => [part, change(value)]));

const microseconds = (parts: ByPart | null): ByPart | null => mapped(parts, (seconds) => seconds * 1e6);

type Cores = Pick<CatchUp, 'coresBusy' | 'allBusy'>;

const coresJson = ({ coresBusy, allBusy }: Cores): object => ({
  coresBusy: mapped(coresBusy, (cores) => rounded(cores, 2)),
  coresBusyOfMachine: rounded(allBusy, 2),
});

/** As `--json` prints it: times in ms, CPU in µs, rates per second. */
export function projectionJson(figures: ProjectionFigures): object {
  const { events, rounds, inMemory, catchUps, rebuildSeconds, lagSeconds, lags, machine } = figures;
  return {
    benchmark: 'projection',
    events,
    rounds,
    durability: 'D0',
    inMemory: {
      events: inMemory.events,
      foldedPerSecond: Math.round(inMemory.fold),
      readAndFoldedPerSecond: Math.round(inMemory.readAndFold),
    },
    catchUp: catchUps.map(({ processes, eventsPerSecond, ratio, cpuPerEvent, ...cores }) => ({
      processes,
      eventsPerSecond: Math.round(eventsPerSecond),
      ratio: rounded(ratio, 3),
      cpuMicrosecondsPerEvent: mapped(microseconds(cpuPerEvent), (value) => rounded(value, 1)),
      ...coresJson(cores),
    })),
    rebuild: { seconds: rounded(rebuildSeconds, 1), eventsPerSecond: Math.round(events / rebuildSeconds) },
    lag: lags.map(({ share, rate, times, ...cores }) => ({
      share,
      rate,
      seconds: lagSeconds,
      sent: times.sent,
      ms: { p50: rounded(times.p50, 2), p99: rounded(times.p99, 2), max: rounded(times.max, 2) },
      sentLateMsP99: rounded(times.late, 2),
      ...coresJson(cores),
    })),
    machine,
  };
}

const count = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => `${value.toFixed(1)} ms`;

function listed(parts: ByPart | null, digits: number): string {
  if (!parts) return 'n/a on this system';
  const sum = Object.values(parts).reduce((all, value) => all + value, 0);
  const each = Object.entries(parts).map(([part, value]) => `${part} ${value.toFixed(digits)}`);
  return `${sum.toFixed(digits)} (${each.join(', ')})`;
}

export function projectionText(figures: ProjectionFigures): string {
  const { events, rounds, inMemory, catchUps, rebuildSeconds, lagSeconds, lags, machine } = figures;
  const coresLine = ({ coresBusy, allBusy }: Cores) => [
    '  cores busy',
    `${listed(coresBusy, 2)}; the whole machine ${allBusy.toFixed(2)} of ${machine.cores}`,
  ];
  return [
    ['log', `${count(events)} events; an accepted event is in the log's memory; medians of ${rounds} rounds`],
    ['in memory', `${count(inMemory.fold)} events/s, of the first ${count(inMemory.events)}`],
    ['  read too', `${count(inMemory.readAndFold)} events/s`],
    ...catchUps.flatMap(({ processes, eventsPerSecond, ratio, cpuPerEvent, ...cores }) => [
      [
        processes === 1 ? '1 process' : `${processes} processes`,
        `${count(eventsPerSecond)} events/s into the database (${ratio.toFixed(2)}x)`,
      ],
      ['  CPU', `µs per event: ${listed(microseconds(cpuPerEvent), 1)}`],
      coresLine(cores),
    ]),
    ['rebuild', `${rebuildSeconds.toFixed(1)} s, ${count(events / rebuildSeconds)} events/s, swap included`],
    ...lags.flatMap(({ share, rate, times, ...cores }) => [
      [`load x ${share}`, `${count(rate)} events/s for ${lagSeconds} s, ${ms(times.late)} late (p99)`],
      [
        '  lag',
        `p50 ${ms(times.p50)}, p99 ${ms(times.p99)}, max ${ms(times.max)}, from scheduled append to live update`,
      ],
      coresLine(cores),
    ]),
    ['machine', machineLine(machine)],
  ]
    .map(([name, text]) => `${name!.padEnd(12)} ${text}`)
    .join('\n');
}
