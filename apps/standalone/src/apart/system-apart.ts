import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Running } from '#platform';
import { developmentSecret } from '../secret.js';
import { startMongodb } from '../servers/mongodb-server.js';
import { startNats } from '../servers/nats-server.js';
import { freePort } from '../servers/network.js';
import { endServer, type RunningServer } from '../servers/process.js';
import { type RoleName, RoleProcess } from './role-process.js';

export interface SystemApartOptions {
  /** Where everything of it lies; two systems need two folders. */
  readonly folder: string;
  /** Whether what an earlier run left in the folder is deleted first. */
  readonly fresh: boolean;
  /** The shared folder of downloaded servers. */
  readonly cacheFolder: string;
  /** Default 2. */
  readonly gateways?: number;
  /** Whether NATS answers only once an event is on the disk. Default true. */
  readonly durable?: boolean;
  /** Told to each role beside the servers and the secret. */
  readonly env?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** A whole system as in production, small: each role in a process of its own, on servers of its own. */
export interface SystemApart {
  readonly running: Running;
  readonly secret: string;
  readonly gateways: readonly RoleProcess[];
  readonly projector: RoleProcess;
  readonly query: RoleProcess;
  readonly nats: RunningServer;
  readonly mongodb: RunningServer;
  /** Ends the roles, then the servers; their data stays in the folder. */
  close(): Promise<void>;
}

/**
 * Starts all of it; nothing is left running where that fails, nor after a Ctrl-C.
 * @throws Error where a server cannot be had or a role does not start, saying what to do
 */
export async function startSystemApart(options: SystemApartOptions): Promise<SystemApart> {
  const { folder, cacheFolder: cacheDir, say, gateways: count = 2, durable = true } = options;
  const servers: RunningServer[] = [];
  const roles: RoleProcess[] = [];
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= (async () => {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      await Promise.all(roles.map((role) => role.kill('SIGTERM')));
      for (const server of servers) await server.stop();
    })();
    return closing;
  };
  const interrupted = () => {
    void close().finally(() => process.exit(130));
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    const data = { nats: join(folder, 'nats'), mongodb: join(folder, 'mongodb') };
    if (options.fresh) {
      await endServer(data.nats, 'nats-server');
      await endServer(data.mongodb, 'mongodb');
      rmSync(folder, { recursive: true, force: true });
    }
    const logs = join(folder, 'logs');
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const nats = await startNats({ cacheDir, dataDir: data.nats, durable, log: say });
    servers.push(nats);
    const mongodb = await startMongodb({ cacheDir, dataDir: data.mongodb, log: say });
    if (!mongodb) throw new Error('roles in processes of their own need a MongoDB server: see above how to get one');
    servers.push(mongodb);
    const secret = developmentSecret(folder);
    const env = { NATS_URL: nats.url, MONGODB_URL: mongodb.url, JWT_SECRET: secret, READY_MAX_LAG: '1000000000' };
    const start = async (name: RoleName): Promise<RoleProcess> => {
      const port = await freePort();
      const role = new RoleProcess(name, port, { ...env, ...options.env }, join(logs, `${name}-${port}.log`));
      roles.push(role);
      await role.start();
      return role;
    };
    const projector = await start('projector');
    const gateways: RoleProcess[] = [];
    while (gateways.length < count) gateways.push(await start('gateway'));
    const query = await start('query');
    const running: Running = {
      pid: process.pid,
      gateways: gateways.map(({ http }) => http.replace(/^http/, 'ws')),
      http: query.http,
      nats: { servers: nats.url, stream: 'EVENTS', prefix: 'chat' },
      mongodb: mongodb.url,
    };
    return { running, secret, gateways, projector, query, nats, mongodb, close };
  } catch (error) {
    await close();
    throw error;
  }
}
