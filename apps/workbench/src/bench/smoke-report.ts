import { type PartCpu, totalOf } from './cpu-time.js';
import type { LoadPlan, LoadReport } from './load/plan.js';
import { type Machine, machineLine } from './machine.js';
import { rounded } from './quantiles.js';

export interface SmokeFigures {
  readonly plan: Pick<LoadPlan, 'rooms' | 'members' | 'rate' | 'seconds'>;
  readonly gateways: number;
  /** Whether an accepted message was on the disk. */
  readonly durable: boolean;
  readonly load: LoadReport;
  readonly lag: { readonly max: number; readonly end: number };
  /** Null where the system does not say. */
  readonly cpu: readonly PartCpu[] | null;
  readonly machine: Machine;
}

/** As `--json` prints it: times in ms, CPU in µs, rates per second. */
export function smokeJson({ plan, gateways, durable, load, lag, cpu, machine }: SmokeFigures): object {
  const perDelivery = (seconds: number) => (load.delivered > 0 ? rounded((seconds * 1e6) / load.delivered, 1) : null);
  const seconds = cpu && totalOf(cpu);
  return {
    benchmark: 'smoke',
    clients: plan.rooms * plan.members,
    rooms: plan.rooms,
    members: plan.members,
    gateways,
    durability: durable ? 'D1' : 'D0',
    rate: plan.rate,
    seconds: plan.seconds,
    sent: load.sent,
    accepted: load.accepted,
    delivered: load.delivered,
    lost: load.lost,
    acceptedPerSecond: rounded((load.accepted * 1_000) / load.elapsed, 1),
    deliveredPerSecond: rounded((load.delivered * 1_000) / load.elapsed, 1),
    latencyMs: {
      p50: rounded(load.latency.p50, 2),
      p99: rounded(load.latency.p99, 2),
      max: rounded(load.latency.max, 2),
    },
    lagEvents: lag,
    cpuMicrosecondsPerDelivery: seconds && perDelivery(seconds),
    cpuByPart: cpu && Object.fromEntries(cpu.map((part) => [part.part, perDelivery(part.seconds)])),
    deliveriesPerCpuSecond: seconds && Math.round(load.delivered / seconds),
    loadGenerator: { cpuShare: rounded(load.loadCpu, 3), sentLateMsP99: rounded(load.late, 2) },
    machine,
    faults: load.faults,
  };
}

const count = (value: number): string => value.toLocaleString('en');

export function smokeText({ plan, gateways, durable, load, lag, cpu, machine }: SmokeFigures): string {
  const perDelivery = (seconds: number) => ((seconds * 1e6) / Math.max(load.delivered, 1)).toFixed(0);
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const { p50, p99, max } = load.latency;
  const lines = [
    ['load', `${plan.rate} msg/s for ${plan.seconds} s by ${plan.rooms * plan.members} clients in ${plan.rooms} rooms`],
    ['system', `${gateways} gateways; an accepted message is ${durable ? 'on the disk' : "in the log's memory"}`],
    ['accepted', `${count(load.accepted)} of ${count(load.sent)} sent`],
    [
      'delivered',
      `${count(load.delivered)} of ${count(load.accepted * plan.members)}, to each member of a message's room`,
    ],
    ['lost', count(load.lost)],
    ['latency', `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}, from scheduled send to delivery`],
    ['lag', `at most ${lag.max} events behind, ${lag.end} at the end`],
    [
      'CPU',
      cpu
        ? `${perDelivery(totalOf(cpu))} µs per delivery (${cpu.map(({ part, seconds }) => `${part} ${perDelivery(seconds)}`).join(', ')})`
        : 'n/a on this system',
    ],
    ['generator', `${(load.loadCpu * 100).toFixed(0)} % of a core, p99 of messages sent ${ms(load.late)} late`],
    ['machine', machineLine(machine)],
    ...load.faults.map((fault) => ['FAULT', fault]),
  ];
  return lines.map(([name, text]) => `${name!.padEnd(10)} ${text}`).join('\n');
}
