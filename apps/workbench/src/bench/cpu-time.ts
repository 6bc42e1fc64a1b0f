import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { SystemApart } from '../apart/system-apart.js';

/** Clock ticks a second in /proc: the same on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds of one part of the system, all its processes together. */
export interface PartCpu {
  readonly part: string;
  readonly seconds: number;
}

export interface PartProcess {
  readonly part: string;
  /** Null where it was never started. */
  readonly pid: number | null;
}

export const processesOf = ({ gateways, projector, query, nats, mongodb }: SystemApart): PartProcess[] => [
  ...gateways.map(({ pid }) => ({ part: 'gateways', pid })),
  { part: 'projector', pid: projector.pid },
  { part: 'query', pid: query.pid },
  { part: 'nats', pid: nats.pid },
  { part: 'database', pid: mongodb.pid },
];

/** What each part has used by now, in the order in which they first come; null where that is not known. */
export function cpuByPart(processes: readonly PartProcess[]): PartCpu[] | null {
  const seconds = cpuSeconds(processes.map(({ pid }) => pid ?? -1));
  if (!seconds) return null;
  const sums = new Map<string, number>();
  for (const [i, { part }] of processes.entries()) sums.set(part, (sums.get(part) ?? 0) + seconds[i]!);
  return [...sums].map(([part, sum]) => ({ part, seconds: sum }));
}

/** What the same parts have used in between. */
export const cpuBetween = (before: readonly PartCpu[] | null, after: readonly PartCpu[] | null): PartCpu[] | null =>
  before && after && after.map(({ part, seconds }, i) => ({ part, seconds: seconds - before[i]!.seconds }));

export const totalOf = (cpu: readonly PartCpu[]): number => cpu.reduce((sum, { seconds }) => sum + seconds, 0);

/** What all cores together have been busy for since the machine started, with whatever it was. */
export const busySeconds = (): number =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + (user + nice + sys + irq) / 1_000, 0);

interface Times {
  readonly parent: number;
  readonly seconds: number;
}

/**
 * The CPU seconds that each process and all it started have used since they began, in the order of `pids`. Null where
 * the system does not say, which is everywhere but on Linux.
 */
export function cpuSeconds(pids: readonly number[]): number[] | null {
  if (process.platform !== 'linux') return null;
  const all = new Map<number, Times>();
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? timesOf(name) : null;
    if (times) all.set(Number(name), times);
  }
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of all) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const ofTree = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + ofTree(child), all.get(pid)?.seconds ?? 0);
  return pids.map(ofTree);
}

/** User and system time, of children that have ended too; null of a process that is gone. */
function timesOf(pid: string): Times | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command, may contain anything but ends at the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), seconds: ticks / TICKS };
  } catch {
    return null;
  }
}
