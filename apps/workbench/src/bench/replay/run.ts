import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from '../cpu-time.js';
import { memoryOf } from '../machine.js';

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
  const most: { mb: number | null; cpu: number | null } = { mb: null, cpu: null };
  const watch = setInterval(() => {
    most.mb = memoryOf(child.pid!)?.peak ?? most.mb;
    most.cpu = cpuSeconds([child.pid!])?.[0] || most.cpu;
  }, LOOK_MS);
  const [status] = (await once(child, 'exit')) as [number | null];
  const seconds = (performance.now() - begun) / 1_000;
  clearInterval(watch);
  closeSync(out);
  if (status !== 0) throw new Error(`chatctl ${words.join(' ')} ended with status ${status}`);
  return { seconds, cpuSeconds: most.cpu, peakMb: most.mb };
}
