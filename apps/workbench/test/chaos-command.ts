import { execFile } from 'node:child_process';

/** What `npm run chaos` runs, once it is built, on a folder of its own; ended, it ends its servers. */
export const runChaos = (folder: string, limitMs: number, ...args: readonly string[]) =>
  new Promise<{ status: number | string | null; out: string; complaints: string }>((resolve) => {
    const main = 'dist/apps/workbench/src/chaos/main.js';
    const env = { ...process.env, PARLEY_DATA: folder };
    execFile(process.execPath, [main, ...args], { env, timeout: limitMs }, (error, out, complaints) => {
      resolve({ status: error ? (error.code ?? null) : 0, out, complaints });
    });
  });
