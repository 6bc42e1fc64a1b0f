import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FerretDb } from './ferretdb.js';
import { downloadMongod, mongodInCache, mongodOnPath, type Mongod } from './mongod.js';
import { answersPing } from './mongodb-ping.js';
import {
  findServer,
  startServer,
  type Log,
  type RunningServer,
  type ServerCommand,
  type ServerKind,
} from './process.js';
import { messageOf } from './programs.js';

export interface StartMongodbOptions {
  cacheDir: string;
  /** Lasts. mongod and FerretDB have a folder each in it, as neither reads the other's data. */
  dataDir: string;
  log: Log;
  port?: number | undefined;
  /** Whether FerretDB may be installed where no mongod can be had: for tests. One that is there is used anyway. */
  allowInstall?: boolean;
  /** The data may be lost in a power cut, which makes FerretDB faster: for tests. */
  ephemeral?: boolean;
}

/** A server that can be had, to be started on a port. */
interface Source {
  taken: string;
  command: (port: number) => ServerCommand;
}

/**
 * Runs a server that speaks MongoDB's protocol: mongod 6 or later on the PATH, one got earlier (FerretDB included),
 * or one got now, in this order. One that serves `dataDir` since an earlier process was killed is taken over. Null
 * if none can be had; the log says why and what to do.
 */
export async function startMongodb(options: StartMongodbOptions): Promise<RunningServer | null> {
  const kind: ServerKind = {
    name: 'mongodb',
    dataDir: options.dataDir,
    port: options.port,
    // FerretDB is not a member of a replica set and needs to be told so; to a single mongod it is all the same.
    url: (port) => `mongodb://127.0.0.1:${port}/?directConnection=true`,
    answers: answersPing,
  };
  const found = await findServer(kind);
  if (found) return found;
  const source = await obtain(options);
  return source && startServer(kind, source.taken, source.command);
}

async function obtain(options: StartMongodbOptions): Promise<Source | null> {
  const { cacheDir, log, allowInstall = false } = options;
  const present = (await mongodOnPath()) ?? (await mongodInCache(cacheDir));
  if (present) return mongodSource(present, options);

  const ferretdb = new FerretDb(cacheDir);
  if (await ferretdb.isInstalled()) return ferretDbSource(ferretdb, 'from the cache', options);

  const failures: string[] = [];
  try {
    return mongodSource(await downloadMongod(cacheDir, log), options);
  } catch (error) {
    failures.push(`  mongod's downloads: ${messageOf(error)}`);
  }
  if (allowInstall) {
    try {
      await ferretdb.install(log);
      return ferretDbSource(ferretdb, 'installed now', options);
    } catch (error) {
      failures.push(`  FerretDB in its place: ${messageOf(error)}`);
    }
  }
  log(
    [
      'There is no mongod 6 or later on the PATH, and none could be got:',
      ...failures,
      'Install MongoDB from https://www.mongodb.com/docs/manual/installation so that mongod is on the PATH, ' +
        'or set MONGODB_URL to a running one.',
    ].join('\n'),
  );
  return null;
}

function mongodSource({ path, taken }: Mongod, { dataDir }: StartMongodbOptions): Source {
  const dbPath = join(dataDir, 'mongod');
  return {
    taken,
    command: (port) => {
      mkdirSync(dbPath, { recursive: true });
      const network = ['--bind_ip', '127.0.0.1', '--port', String(port)];
      return { file: path, args: ['--dbpath', dbPath, ...network, '--wiredTigerCacheSizeGB', '0.5'] };
    },
  };
}

function ferretDbSource(ferretdb: FerretDb, from: string, { dataDir, ephemeral }: StartMongodbOptions): Source {
  return {
    taken: `FerretDB, which stands in for MongoDB, ${from}`,
    command: (port) => ferretdb.command(join(dataDir, 'ferretdb'), port, ephemeral ?? false),
  };
}
