import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { EventLog, type LogOptions } from '../src/index.js';
import { deployedServer, PASSWORD } from './deployed-server.js';
import type { OwnServer } from './own-server.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-rights-'));
const logs: EventLog[] = [];
/** A server as it is deployed, and the logs of two who are users there. */
export let server: OwnServer;
export let gateway: EventLog;
export let chatctl: EventLog;

/** The log as somebody of this role has it. */
export const connect = async (role: string, options: Partial<LogOptions> = {}): Promise<EventLog> => {
  const login = { user: role, password: PASSWORD, name: `parley-${role}` };
  const log = await EventLog.connect({ servers: server.url, stream: 'EVENTS', prefix: 'chat', ...login, ...options });
  logs.push(log);
  return log;
};

/** The suite that calls this has them from its beginning to its end. */
export function deploy(): void {
  beforeAll(async () => {
    server = await deployedServer('nats-server.conf', folder, {
      'leafnodes { port: 7422 }': '',
      // The right to answer is one to acknowledge as well, and would hide for a minute that it is the only one.
      'allow_responses: { max: 1000, expires: "1m" }': '',
    });
    await (await connect('projector')).setUp();
    gateway = await connect('gateway');
    chatctl = await connect('chatctl');
  });
  afterAll(async () => {
    await Promise.all(logs.map((log) => log.close()));
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });
}
