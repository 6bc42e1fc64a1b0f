import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { developmentKeys, developmentSecret } from '../../../standalone/src/secret.js';
import { startMongodb } from '../../../standalone/src/servers/mongodb-server.js';
import { startNats } from '../../../standalone/src/servers/nats-server.js';
import { freePort } from '../../../standalone/src/servers/network.js';
import { endServer, type RunningServer } from '../../../standalone/src/servers/process.js';
import { CleanUp } from './clean-up.js';
import { mainOf, type RoleName, RoleProcess } from './role-process.js';

export interface ServersApartOptions {
  /** Where everything of them lies; two systems need two folders. */
  readonly folder: string;
  /** Whether what an earlier run left in the folder is deleted first. */
  readonly fresh: boolean;
  /** The data of a NATS server that was stopped: where given, this one begins with a copy of it. Goes with `fresh`. */
  readonly natsData?: string;
  /** Where given, the roles run on this one, which is not stopped at the end. */
  readonly nats?: RunningServer;
  /** The shared folder of downloaded servers. */
  readonly cacheFolder: string;
  /** Whether NATS answers only once an event is on the disk. Default true. */
  readonly durable?: boolean;
  /** The folder of another checkout, installed and built, whose roles are run. This one's by default. */
  readonly checkout?: string;
  /** Told to each role beside the servers and the secret. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told to one role beside that, each another. */
  readonly ownEnv?: () => Promise<Readonly<Record<string, string>>>;
  readonly say: (line: string) => void;
}

/** Servers of our own, and roles on them as they are asked for, each in a process of its own. */
export interface ServersApart {
  readonly secret: string;
  /** Where the master key of the log is. */
  readonly keysFile: string;
  readonly nats: RunningServer;
  readonly mongodb: RunningServer;
  /** @param env beside what every role is told @param checkout another one than all others run */
  readonly start: (role: RoleName, env?: Readonly<Record<string, string>>, checkout?: string) => Promise<RoleProcess>;
  /** Ends the roles, then the servers; their data stays in the folder. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the servers; nothing is left running where that fails, nor after a Ctrl-C.
 * @throws Error where a server cannot be had, saying what to do
 */
export async function startServersApart(options: ServersApartOptions): Promise<ServersApart> {
  const { folder, cacheFolder: cacheDir, say, durable = true } = options;
  const cleanUp = new CleanUp();
  try {
    const data = { nats: join(folder, 'nats'), mongodb: join(folder, 'mongodb') };
    if (options.fresh) {
      await endServer(data.nats, 'nats-server');
      await endServer(data.mongodb, 'mongodb');
      rmSync(folder, { recursive: true, force: true });
    }
    if (options.natsData !== undefined) cpSync(options.natsData, data.nats, { recursive: true });
    const logs = join(folder, 'logs');
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const nats = options.nats ?? (await startNats({ cacheDir, dataDir: data.nats, durable, log: say }));
    if (!options.nats) cleanUp.add(() => nats.stop());
    const mongodb = await startMongodb({ cacheDir, dataDir: data.mongodb, log: say });
    if (!mongodb) throw new Error('roles in processes of their own need a MongoDB server: see above how to get one');
    cleanUp.add(() => mongodb.stop());
    const roles: RoleProcess[] = [];
    cleanUp.add(() => Promise.all(roles.map((role) => role.kill('SIGTERM'))));
    const secret = developmentSecret(folder);
    const keysFile = developmentKeys(folder)!;
    const common = {
      ...{ NATS_URL: nats.url, MONGODB_URL: mongodb.url, JWT_SECRET: secret, KEYS_MASTER_FILE: keysFile },
      ...{ READY_MAX_LAG: '1000000000', EVENT_STREAM_SYNCED: durable ? 'on' : 'off' },
    };
    const start: ServersApart['start'] = async (name, env = {}, checkout = options.checkout) => {
      const port = await freePort();
      const log = join(logs, `${name}-${port}.log`);
      const own = { ...common, ...options.env, ...(await options.ownEnv?.()), ...env };
      const role = new RoleProcess(name, port, own, log, mainOf(name, checkout));
      roles.push(role);
      await role.start();
      return role;
    };
    return { secret, keysFile, nats, mongodb, start, close: () => cleanUp.run() };
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}
