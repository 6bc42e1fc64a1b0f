import { readFileSync } from 'node:fs';

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
