import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog } from '#event-store';
import type { Config } from '#settings';
import { openMongodbReadModels } from '#read-models';
import { startServersApart } from '../apart/servers-apart.js';
import { startNats } from '../../../standalone/src/servers/nats-server.js';
import { foldAll } from './fold-all.js';
import { machineLine, machineOf } from './machine.js';
import { Options } from './options.js';
import { rounded } from './quantiles.js';
import { serveLog } from './replay/log.js';
import { timed } from './replay/run.js';

const USAGE = 'usage: npm run bench:backup -- [--events 1000000] [--synced] [--keep] [--json]';

/** The fold of one projection at a time is held in memory. */
const VERIFY_MEMORY = '--max-old-space-size=8192';

/** In seconds each. */
interface Steps {
  readonly backup: number;
  readonly restore: number;
  /** The same into a server that syncs each event before it answers; null where that was not asked for. */
  readonly restoreSynced: number | null;
  /** From the start of a projector on empty read models until both projections are whole. */
  readonly fold: number;
  readonly verify: number;
}

/**
 * How long it takes until a system is back whose servers are gone: a backup is taken, restored into an empty server, folded
 * and verified. Answers whether it is equal to the fold of its log.
 */
export async function backup(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['events'], ['synced', 'keep', 'json'], USAGE);
  const events = options.number('events', 1_000_000, 1_000, 100_000_000);
  const folder = join(folders.dataFolder, 'bench', 'backup');
  const plan = { events, inRoom: Math.floor(events / 10), sealed: true };
  const source = await serveLog(join(folder, 'source'), folders.cacheFolder, plan);
  const again = [join(folder, 'log'), join(folder, 'keys'), join(folder, 'restored'), join(folder, 'synced')] as const;
  for (const left of again) rmSync(left, { recursive: true, force: true });
  const [dir, keys, restored, synced] = again;
  try {
    const file = join(folder, 'printed.json');
    const taken = await timed(source.env, file, 'backup', dir, '--keys', keys, '--json');
    const { bytes, lastSeq } = JSON.parse(readFileSync(file, 'utf8')) as { bytes: number; lastSeq: number };
    await source.server.stop();
    const into = async (dataDir: string, durable: boolean) => {
      const nats = await startNats({ cacheDir: folders.cacheFolder, dataDir, log: say, durable });
      const env = { ...source.env, NATS_URL: nats.url };
      const { seconds } = await timed(env, file, 'restore', dir, '--keys', keys);
      return { nats, env, seconds };
    };
    const slow = options.flag('synced') ? await into(synced, true) : null;
    await slow?.nats.stop();
    rmSync(synced, { recursive: true, force: true });
    const { nats, env, seconds: restore } = await into(restored, false);
    try {
      const after = await foldAndVerify(folders, join(folder, 'system'), { nats, env });
      const { fold, verify, database } = after;
      const steps: Steps = { backup: taken.seconds, restore, restoreSynced: slow?.seconds ?? null, fold, verify };
      const report = {
        ...{ events: lastSeq, backupMb: rounded(bytes / 1e6, 0) },
        ...Object.fromEntries(
          Object.entries(steps).map(([name, value]) => [name, value && rounded(value as number, 1)]),
        ),
        machine: machineLine(machineOf({ nats, mongodb: { taken: database } })),
      };
      console.log(options.flag('json') ? JSON.stringify(report) : textOf(report as unknown as Report));
    } finally {
      await nats.stop();
    }
  } finally {
    if (!options.flag('keep')) rmSync(folder, { recursive: true, force: true });
  }
  return true;
}

const say = (line: string): void => {
  console.error(line);
};

type Restored = Pick<Awaited<ReturnType<typeof serveLog>>, 'env'> & {
  readonly nats: Awaited<ReturnType<typeof startNats>>;
};

/** @throws Error where they are not equal */
async function foldAndVerify({ cacheFolder }: Config['standalone'], folder: string, { nats, env }: Restored) {
  const keysEnv = { KEYS_MASTER_FILE: env['KEYS_MASTER_FILE']! };
  const servers = await startServersApart({ folder, fresh: true, nats, cacheFolder, env: keysEnv, say });
  const log = await EventLog.connect({ servers: nats.url, stream: 'EVENTS', prefix: 'chat', name: 'parley-bench' });
  const readModels = await openMongodbReadModels({ url: servers.mongodb.url, database: 'parley' });
  try {
    const { seconds: fold } = await foldAll(servers, log, readModels);
    const where = { ...env, MONGODB_URL: servers.mongodb.url, NODE_OPTIONS: VERIFY_MEMORY };
    const { seconds: verify } = await timed(where, join(folder, 'verified'), 'verify');
    return { fold, verify, database: servers.mongodb.taken };
  } finally {
    await readModels.close();
    await log.close();
    await servers.close();
  }
}

type Report = Steps & { readonly events: number; readonly backupMb: number; readonly machine: string };

const textOf = ({ events, backupMb, ...r }: Report): string =>
  [
    `${events} events with sealed texts, ${backupMb} MB of backup without the keys`,
    `backup ${r.backup} s, restore ${r.restore} s` +
      (r.restoreSynced === null ? '' : ` (${r.restoreSynced} s into a server with sync_interval: always)`),
    `folded by one projector ${r.fold} s, verified as equal ${r.verify} s`,
    r.machine,
  ].join('\n');
