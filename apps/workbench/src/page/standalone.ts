import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, findRunning, type Running } from '#settings';
import { CleanUp } from '../apart/clean-up.js';
import { endServer } from '../../../standalone/src/servers/process.js';

/** What `npm start` runs, in a process of its own. */
export interface Standalone {
  readonly running: Running;
  close(): Promise<void>;
}

const MAIN = new URL('../../../standalone/src/main.js', import.meta.url).pathname;
const STARTED_MS = 120_000;

/**
 * Starts one on data of its own, which are gone when it is closed.
 * @param name of the folder among the data
 */
export async function startStandalone(
  { dataFolder, cacheFolder }: Config['standalone'],
  name: string,
  env: Record<string, string> = {},
): Promise<Standalone> {
  const folder = join(dataFolder, name);
  const cleanUp = new CleanUp();
  // Of a run that was killed.
  await endServer(join(folder, 'nats'), 'nats-server');
  await endServer(join(folder, 'mongodb'), 'mongodb');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cleanUp.add(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const own = { PORT: '0', BROWSER: 'none', LOG_LEVEL: 'warn', PARLEY_DATA: folder, PARLEY_CACHE: cacheFolder };
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...own, ...env },
    stdio: ['ignore', 2, 2],
  });
  cleanUp.add(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  try {
    for (const end = Date.now() + STARTED_MS; ;) {
      const running = findRunning(folder);
      if (running) return { running, close: () => cleanUp.run() };
      if (child.exitCode !== null || Date.now() > end) throw new Error('the standalone did not start');
      await sleep(100);
    }
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}
