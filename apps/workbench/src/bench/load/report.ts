import { type PartCpu, totalOf } from '../cpu-time.js';
import { type Machine, machineLine } from '../machine.js';
import { median, rounded } from '../quantiles.js';
import type { Leg } from './leg.js';

/** Above this share of a core the figures are the generator's own. */
export const MOST_OF_A_CORE = 0.7;
/** Sent so much later than scheduled, at p99, the load is not the one that was asked for. Milliseconds. */
export const MOST_LATE_MS = 25;

/** A leg of a run: A is this checkout, B the one that it is compared with. */
export interface RunLeg extends Leg {
  readonly side: 'A' | 'B';
  readonly rate: number;
  readonly members: number;
  readonly seconds: number;
}

export interface LoadFigures {
  readonly scenario: string;
  readonly durability: 'd0' | 'd1';
  readonly rooms: number;
  readonly members: number;
  readonly senders: number;
  readonly acks: boolean;
  readonly seconds: number;
  readonly against: string | null;
  /** Whether the roles of B served metrics that were asked for, and how often they answered. */
  readonly metrics: boolean;
  readonly scrapes: number;
  readonly legs: readonly RunLeg[];
  readonly machine: Machine;
}

/** Why the figures of a leg count for nothing; null where they do. */
export function voidOf({ load }: Pick<RunLeg, 'load'>): string | null {
  if (load.lost > 0 || load.faults.length > 0) return 'the verifier found faults';
  if (load.loadCpu > MOST_OF_A_CORE) return `the generator took ${percent(load.loadCpu)} of a core`;
  if (load.late > MOST_LATE_MS) return `p99 of messages left ${load.late.toFixed(0)} ms late`;
  return null;
}

/** What a leg comes to: times in ms, CPU in µs a message. */
function figuresOf(leg: RunLeg) {
  const { load, cpu } = leg;
  const perMessage = (seconds: number) => rounded((seconds * 1e6) / Math.max(load.sent, 1), 1);
  const total = cpu && totalOf(cpu);
  return {
    ...{ side: leg.side, rate: leg.rate, void: voidOf(leg) },
    ...{ sent: load.sent, accepted: load.accepted, acked: load.acked, delivered: load.delivered, lost: load.lost },
    achieved: rounded(load.inTime / Math.max(load.sent * leg.members, 1), 4),
    p50Ms: rounded(load.latency.p50, 2),
    p99Ms: rounded(load.latency.p99, 2),
    maxMs: rounded(load.latency.max, 2),
    cpuMicrosecondsPerMessage: total && perMessage(total),
    cpuByPart: cpu && Object.fromEntries(cpu.map(({ part, seconds }) => [part, perMessage(seconds)])),
    deliveriesPerCpuSecond: total && Math.round(load.delivered / total),
    generator: { cpuShare: rounded(load.loadCpu, 3), lateP99Ms: rounded(load.late, 2) },
    faults: load.faults,
  };
}

interface Pair {
  readonly a: RunLeg;
  readonly b: RunLeg;
}

/** Of each rate: legs one after the other, of which one is of A and one of B. */
const pairsOf = (legs: readonly RunLeg[]): Pair[] =>
  legs.flatMap((leg, i) => {
    const next = legs[i + 1];
    if (i % 2 === 1 || !next) return [];
    return [leg.side === 'A' ? { a: leg, b: next } : { a: next, b: leg }];
  });

/** B by A, medians of the pairs of which no leg is void: below 1 B takes less. */
export function ratiosOf(legs: readonly RunLeg[]) {
  return [...new Set(legs.map(({ rate }) => rate))].map((rate) => {
    const all = pairsOf(legs.filter((leg) => leg.rate === rate));
    const pairs = all.filter(({ a, b }) => voidOf(a) === null && voidOf(b) === null);
    const ratios = (figure: (leg: RunLeg) => number | null) =>
      pairs.flatMap(({ a, b }) => {
        const [ofA, ofB] = [figure(a), figure(b)];
        return ofA === null || ofB === null || ofA === 0 ? [] : [rounded(ofB / ofA, 3)];
      });
    const ratio = (figure: (leg: RunLeg) => number | null) => {
      const all = ratios(figure);
      return all.length === 0 ? null : rounded(median(all), 3);
    };
    const cpuPerMessage = ({ load, cpu }: RunLeg) => cpu && totalOf(cpu) / load.sent;
    const parts = legs[0]?.cpu?.map(({ part }) => part) ?? [];
    const cpuOf = (cpu: readonly PartCpu[] | null, part: string) =>
      cpu?.find((other) => other.part === part)?.seconds ?? null;
    return {
      ...{ rate, pairs: pairs.length, void: all.length - pairs.length },
      p50: ratio(({ load }) => load.latency.p50),
      p99: ratio(({ load }) => load.latency.p99),
      cpu: ratio(cpuPerMessage),
      cpuOfPairs: ratios(cpuPerMessage).sort((one, other) => one - other),
      cpuByPart: Object.fromEntries(
        parts.map((part) => [
          part,
          ratio(({ load, cpu }) => {
            const seconds = cpuOf(cpu, part);
            return seconds === null ? null : seconds / load.sent;
          }),
        ]),
      ),
    };
  });
}

export function loadJson(figures: LoadFigures): object {
  const { legs, machine, ...plan } = figures;
  return {
    ...{ benchmark: 'load', ...plan, legs: legs.map(figuresOf) },
    ...(plan.against !== null && { ratios: ratiosOf(legs) }),
    machine,
  };
}

export function loadText(figures: LoadFigures): string {
  const { scenario, durability, rooms, members, senders, acks, seconds, against, metrics, scrapes, legs, machine } =
    figures;
  const who = senders < members ? `${senders} of each send` : 'all of them send';
  const lines = [
    `${scenario}, ${durability.toUpperCase()}: ${rooms * members} clients in ${rooms} rooms, ${who}${acks ? ', acknowledged' : ''}; ${seconds} s a leg`,
    ...(against === null
      ? []
      : [`A is this checkout, B ${against}${metrics ? `, whose metrics were scraped ${scrapes} times` : ''}`]),
    ...legs.map(legLine),
    ...(against === null ? [] : ratiosOf(legs).map(ratioLine)),
    `machine  ${machineLine(machine)}`,
    ...legs.flatMap(({ load }) => load.faults.map((fault) => `FAULT  ${fault}`)),
  ];
  return lines.join('\n');
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
const count = (value: number): string => value.toLocaleString('en');

export function legLine(leg: RunLeg): string {
  const f = figuresOf(leg);
  const parts = Object.entries(f.cpuByPart ?? {}).map(([part, value]) => `${part} ${value.toFixed(0)}`);
  return [
    `${leg.side} ${count(leg.rate)} msg/s: p50 ${f.p50Ms.toFixed(1)}, p99 ${f.p99Ms.toFixed(1)}, max ${f.maxMs.toFixed(0)} ms`,
    `achieved ${percent(f.achieved)}`,
    f.cpuMicrosecondsPerMessage === null
      ? 'CPU n/a on this system'
      : `CPU ${f.cpuMicrosecondsPerMessage.toFixed(0)} µs a message (${parts.join(', ')})`,
    ...(f.deliveriesPerCpuSecond === null ? [] : [`${count(f.deliveriesPerCpuSecond)} deliveries per CPU-second`]),
    `delivered ${count(f.delivered)} of ${count(f.accepted * leg.members)}, lost ${count(f.lost)}`,
    `generator ${f.generator.cpuShare.toFixed(2)} of a core, p99 ${f.generator.lateP99Ms.toFixed(1)} ms late`,
    ...(f.void === null ? [] : [`VOID: ${f.void}`]),
  ].join('; ');
}

function ratioLine({
  rate,
  pairs,
  p50,
  p99,
  cpu,
  cpuOfPairs,
  cpuByPart,
  ...rest
}: ReturnType<typeof ratiosOf>[number]): string {
  const times = (ratio: number | null) => (ratio === null ? 'n/a' : `${ratio.toFixed(2)}x`);
  const parts = Object.entries(cpuByPart).map(([part, ratio]) => `${part} ${times(ratio)}`);
  return (
    `B to A at ${count(rate)} msg/s, medians of ${pairs} pairs${rest.void > 0 ? ` (${rest.void} void)` : ''}: ` +
    `CPU ${cpu === null ? 'n/a' : `${cpu.toFixed(3)}x of ${cpuOfPairs[0]!} to ${cpuOfPairs.at(-1)!}`} (${parts.join(', ')}), p50 ${times(p50)}, p99 ${times(p99)}`
  );
}
