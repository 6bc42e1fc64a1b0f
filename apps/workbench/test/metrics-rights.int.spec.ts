import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, partitionOf } from '#domain';
import { EventLog } from '#event-store';
import { lagFigures } from '#platform';
import { directory, timeline } from '#projections';
import { checkpointId, firstVersion, openMongodbReadModels, type ReadModels } from '#read-models';
import { MONGODB_URL, posted, profile } from '../../chatctl/test/system-under-test.js';
import { freePort } from '../../standalone/src/servers/network.js';
import { deployedServer, PASSWORD } from '../../../libs/event-store/test/deployed-server.js';

// The query side may ask what its metrics tell, with the rights that it is deployed with, while nobody folds too.

(MONGODB_URL === undefined ? describe.skip : describe)('metrics of the query side as it is deployed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-rights-'));
  let server: Awaited<ReturnType<typeof deployedServer>>;
  let readModels: ReadModels;
  let query: EventLog;

  beforeAll(async () => {
    server = await deployedServer('nats-server.conf', folder, {
      'port: 7422': `port: ${await freePort()}, host: 127.0.0.1`,
    });
    const options = { servers: server.url, stream: 'EVENTS', prefix: 'chat', password: PASSWORD };
    const connect = (user: string) => EventLog.connect({ ...options, user, name: `parley-${user}` });
    const projector = await connect('projector');
    await projector.setUp();
    await projector.letters.put({ projection: 'timeline', partition: 0, seq: 1, reason: 'tried' });
    await projector.close();
    const gateway = await connect('gateway');
    for (const content of ['one', 'two']) await gateway.append(posted(GLOBAL_ROOM, content));
    await gateway.close();
    query = await connect('query');
    await query.append(profile('7', 'Ada'));
    readModels = await openMongodbReadModels({
      url: MONGODB_URL!,
      database: `rights-${randomBytes(4).toString('hex')}`,
    });
    for (const { name, format } of [timeline, directory]) {
      await readModels.versions.replace(name, firstVersion(format, 1));
      for (let partition = 0; partition < 16; partition++) {
        await readModels.checkpoints.claim(checkpointId(name, 1, partition), 'one who has gone');
      }
    }
  });
  afterAll(async () => {
    await query.close();
    await readModels.close();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are all there', async () => {
    const figures = lagFigures(query, readModels, () => undefined);
    const read = async (name: string) => [...(await figures.find((figure) => figure.name === name)!.read())];
    const lags = await read('parley_projection_lag_events');
    const behind = lags.filter(({ value }) => value > 0).map(({ value, labels }) => [labels?.['projection'], value]);
    expect(behind.sort()).toEqual([
      ['directory', 1],
      ['timeline', 1],
      ['timeline', 2],
    ]);
    const partition = String(partitionOf(GLOBAL_ROOM));
    const seconds = await read('parley_projection_lag_seconds');
    expect(seconds.find(({ labels }) => labels?.['partition'] === partition)!.value).toBeGreaterThan(0);
    expect(await read('parley_dead_letters')).toContainEqual({ value: 1, labels: { projection: 'timeline' } });
  });
});
