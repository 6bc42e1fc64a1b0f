import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GLOBAL_ROOM, postToRoom } from '#domain';
import { EventLog } from '#event-store';
import { connectServers, signDevelopmentToken } from '#platform';
import { loadConfig } from '#settings';
import { Runner, timeline } from '#projections';
import { deployedServer, PASSWORD } from '../../../libs/event-store/test/deployed-server.js';
import { allFolded } from '../../../libs/projections/test/all-folded.js';
import { freePort } from '../../standalone/src/servers/network.js';
import { RoleProcess } from '../../workbench/src/apart/role-process.js';
import { context, person } from './query-under-test.js';

// A process that serves operators, at a NATS as it is deployed: with the rights of chatctl, and no more.

const mongodb = process.env['TEST_MONGODB_URL'];
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

(mongodb === undefined ? describe.skip : describe)('a process for operators, by the rights of chatctl', () => {
  const secret = 'a secret for the tests of 32 bytes and more';
  const folder = mkdtempSync(join(tmpdir(), 'parley-operations-'));
  const stops: (() => Promise<unknown>)[] = [];
  let url: string;

  beforeAll(async () => {
    const server = await deployedServer('nats-server.conf', folder, { 'leafnodes { port: 7422 }': '' });
    stops.unshift(() => server.remove());
    const common = { MONGODB_URL: mongodb!, MONGODB_DATABASE: `operations-${randomBytes(4).toString('hex')}` };
    const env = (user: string) => ({ ...common, NATS_URL: server.url, NATS_USER: user, NATS_PASSWORD: PASSWORD });
    const keys = { KEYS_MASTER: randomBytes(32).toString('base64'), JWT_SECRET: secret };
    const atEnd = (_: string, stop: () => Promise<unknown>) => stops.unshift(stop);
    const logger = quiet as never;
    const projector = await connectServers(loadConfig({ ...env('projector'), ...keys }, 'projector'), logger, atEnd);
    await projector.log.setUp();
    const runner = new Runner({ ...projector, projection: timeline, owner: 'projector', logger: quiet });
    void runner.start();
    stops.unshift(() => runner.stop());
    const gateway = await EventLog.connect({
      ...{ servers: server.url, stream: 'EVENTS', prefix: 'chat', name: 'parley-gateway' },
      ...{ user: 'gateway', password: PASSWORD },
    });
    stops.unshift(() => gateway.close());
    const said = postToRoom({ ...context(), sender: person('7'), content: 'hello' }, GLOBAL_ROOM);
    await gateway.append('event' in said ? said.event : (undefined as never));
    const isFolded = allFolded([runner], projector.log, projector.readModels);
    while (!(await isFolded())) await new Promise((resolve) => setTimeout(resolve, 20));
    const operators = { ...env('chatctl'), ...keys, OPERATIONS: 'on' };
    const main = 'dist/apps/query/src/main.js';
    const query = new RoleProcess('query', await freePort(), operators, join(folder, 'query.log'), main);
    stops.unshift(() => query.kill());
    await query.start();
    url = query.http;
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (path: string, method = 'GET') => {
    const token = signDevelopmentToken(secret, { userId: 'game', scope: 'service', seconds: 600 });
    return fetch(url + path, { method, headers: { Authorization: `Bearer ${token}` } });
  };

  it('is ready, looks, rebuilds, and serves nothing else', async () => {
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    for (const path of ['status', 'versions', 'dead-letters'])
      expect((await ask(`/operations/${path}`)).status).toBe(200);
    const text = await (await ask('/operations/projections/timeline/rebuild', 'POST')).text();
    expect(JSON.parse(text.trimEnd().split('\n').at(-1)!)).toMatchObject({ end: true, folded: 1, takenOver: true });
    for (const path of ['/audit', '/players/7', '/chat/history?type=global', '/chats', '/log', '/online'])
      expect((await ask(path)).status).toBe(404);
  });
});
