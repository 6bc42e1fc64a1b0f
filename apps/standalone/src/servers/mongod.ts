import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isReachable } from './download.js';
import type { Log } from './process.js';
import { findOnPath, makeCacheFolder, messageOf, versionOf } from './programs.js';

const OLDEST: [number, number] = [6, 0];
const DOWNLOADS = 'https://fastdl.mongodb.org';
const DOWNLOAD_TIMEOUT_MS = 300_000;

export interface Mongod {
  path: string;
  taken: string;
}

/** A mongod 6 or later on the PATH. */
export async function mongodOnPath(): Promise<Mongod | undefined> {
  const path = findOnPath('mongod');
  const version = path && (await versionOf(path, OLDEST));
  return path && version ? { path, taken: `mongod ${version} on the PATH` } : undefined;
}

/** A mongod that was downloaded earlier. */
export async function mongodInCache(cacheDir: string): Promise<Mongod | undefined> {
  const { DryMongoBinary } = await import('mongodb-memory-server-core');
  try {
    const options = await DryMongoBinary.generateOptions({ downloadDir: binaries(cacheDir) });
    const path = await DryMongoBinary.locateBinary(options);
    const version = path && (await versionOf(path, OLDEST));
    return path && version ? { path, taken: `mongod ${version} from the cache` } : undefined;
  } catch {
    // There is none for this platform.
    return undefined;
  }
}

/** Downloads a mongod. An error says why that is not possible: within seconds if the downloads can't be reached. */
export async function downloadMongod(cacheDir: string, log: Log): Promise<Mongod> {
  if (!(await isReachable(DOWNLOADS))) throw new Error(`${DOWNLOADS} can't be reached`);
  makeCacheFolder(binaries(cacheDir));
  const { MongoBinary } = await import('mongodb-memory-server-core');
  log('downloading mongod, about 100 MB');
  const finished = new AbortController();
  const started = Date.now();
  try {
    const path = await Promise.race([
      MongoBinary.getPath({ downloadDir: binaries(cacheDir) }),
      reportUntilTimeout(finished.signal, started, log),
    ]);
    const version = await versionOf(path, OLDEST);
    if (version === undefined) throw new Error(`${path} does not run here`);
    return { path, taken: `mongod ${version}, got from its downloads` };
  } catch (error) {
    throw new Error(messageOf(error).split('\n')[0], { cause: error });
  } finally {
    finished.abort();
  }
}

function binaries(cacheDir: string): string {
  return join(cacheDir, 'mongodb-binaries');
}

async function reportUntilTimeout(signal: AbortSignal, started: number, log: Log): Promise<never> {
  for (;;) {
    await sleep(10_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new Error('finished');
    const elapsed = Date.now() - started;
    if (elapsed >= DOWNLOAD_TIMEOUT_MS) throw new Error(`took longer than ${DOWNLOAD_TIMEOUT_MS / 1000} s`);
    log(`  still downloading mongod, ${Math.round(elapsed / 1000)} s`);
  }
}
