import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: the same on every Linux that Node runs on. */
const TICKS = 100;

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
