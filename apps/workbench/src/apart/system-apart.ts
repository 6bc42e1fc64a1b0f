import type { Running } from '#settings';
import type { RoleProcess } from './role-process.js';
import { type ServersApart, type ServersApartOptions, startServersApart } from './servers-apart.js';

export interface SystemApartOptions extends ServersApartOptions {
  /** Default 2. */
  readonly gateways?: number;
}

/** A whole system as in production, small: each role in a process of its own, on servers of its own. */
export interface SystemApart extends Pick<ServersApart, 'secret' | 'nats' | 'mongodb' | 'close'> {
  readonly running: Running;
  readonly gateways: readonly RoleProcess[];
  readonly projector: RoleProcess;
  readonly query: RoleProcess;
}

/**
 * Starts all of it; nothing is left running where that fails, nor after a Ctrl-C.
 * @throws Error where a server cannot be had or a role does not start, saying what to do
 */
export async function startSystemApart(options: SystemApartOptions): Promise<SystemApart> {
  const { gateways: count = 2, ...rest } = options;
  const servers = await startServersApart(rest);
  try {
    const { secret, keysFile, nats, mongodb, start, close } = servers;
    const projector = await start('projector');
    const gateways: RoleProcess[] = [];
    while (gateways.length < count) gateways.push(await start('gateway'));
    const query = await start('query');
    const running: Running = {
      pid: process.pid,
      gateways: gateways.map(({ http }) => http.replace(/^http/, 'ws')),
      http: query.http,
      nats: { servers: nats.url, stream: 'EVENTS', prefix: 'chat', keysFile },
      mongodb: mongodb.url,
    };
    return { running, secret, gateways, projector, query, nats, mongodb, close };
  } catch (error) {
    await servers.close();
    throw error;
  }
}
