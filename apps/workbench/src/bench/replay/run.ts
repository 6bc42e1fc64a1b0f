import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from '../cpu-time.js';

const program = fileURLToPath(new URL('../../../../../../apps/chatctl/chatctl.mjs', import.meta.url));
const LOOK_MS = 20;

/** What one run of chatctl took. */
export interface Took {
  readonly seconds: number;
  /** CPU of it; null where the system does not say, as of the memory. */
  readonly cpuSeconds: number | null;
  /** The most memory that it had resident, MB. */
  readonly peakMb: number | null;
}

/** Runs it with its output into a file. @throws Error where it does not come to a good end */
export async function timed(env: NodeJS.ProcessEnv, output: string, ...words: readonly string[]): Promise<Took> {
  const out = openSync(output, 'w');
  const begun = performance.now();
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', out, 2],
  });
  const most: { kb: number | null; cpu: number | null } = { kb: null, cpu: null };
  const watch = setInterval(() => {
    most.kb = peakOf(child.pid!) ?? most.kb;
    most.cpu = cpuSeconds([child.pid!])?.[0] || most.cpu;
  }, LOOK_MS);
  const [status] = (await once(child, 'exit')) as [number | null];
  const seconds = (performance.now() - begun) / 1_000;
  clearInterval(watch);
  closeSync(out);
  if (status !== 0) throw new Error(`chatctl ${words.join(' ')} ended with status ${status}`);
  return { seconds, cpuSeconds: most.cpu, peakMb: most.kb && most.kb / 1_024 };
}

/** In KB; null of a process that is gone, or where the system does not say. */
function peakOf(pid: number): number | null {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) || null;
  } catch {
    return null;
  }
}
