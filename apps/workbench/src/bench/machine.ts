import { availableParallelism, cpus, release } from 'node:os';
import { readFileSync } from 'node:fs';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  readonly nats: string;
  readonly database: string;
}

export function machineOf({
  nats,
  mongodb,
}: Readonly<Record<'nats' | 'mongodb', { readonly taken: string }>>): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    nats: nats.taken,
    database: mongodb.taken,
  };
}

export const machineLine = ({ cpu, cores, system, node, nats, database }: Machine): string =>
  `${cores} cores of ${cpu}, ${system}, Node ${node}; ${nats}; ${database}`;

/** What a process has resident, MB (1,024 × 1,024 bytes). */
export interface MemoryOf {
  readonly now: number;
  /** The most that it has had. */
  readonly peak: number;
}

/** Null of a process that is gone, or where the system does not say, which is everywhere but on Linux. */
export function memoryOf(pid: number): MemoryOf | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
    const [now, peak] = [megabytes('VmRSS'), megabytes('VmHWM')];
    // One that has ended and was not asked for yet has neither.
    return now > 0 && peak > 0 ? { now, peak } : null;
  } catch {
    return null;
  }
}
