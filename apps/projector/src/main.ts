import 'reflect-metadata';
import { hostname } from 'node:os';
import { EventLog } from '#event-store';
import { connectPatiently, createHttpApp, Health, HealthModule, runRole } from '#platform';
import { openMongodbReadModels } from '#read-models';
import { Projections } from './projections.js';

await runRole('projector', async (config, logger) => {
  const { nats, mongodb } = config;
  const log = await connectPatiently(
    'NATS',
    () => EventLog.connect({ ...nats, servers: nats.url, name: 'parley-projector' }),
    logger,
  );
  const readModels = await connectPatiently(
    'MongoDB',
    () => openMongodbReadModels({ url: mongodb.url ?? '', database: mongodb.database }),
    logger,
  );
  const owner = `${hostname()}-${process.pid}`;
  const projections = new Projections({ names: config.projections, log, readModels, owner, logger });
  const health = new Health();
  projections.watch(health, config.ready.maxLagEvents);
  const app = await createHttpApp(HealthModule.of(health), logger);
  await app.listen(config.http.port, config.http.host);
  logger.log(`projector of ${config.projections.join(', ')}: ${await app.getUrl()}/health/ready`);
  return {
    stops: [
      { name: 'projections', stop: () => projections.stop() },
      { name: 'HTTP', stop: () => app.close() },
      { name: 'log', stop: () => log.close() },
      { name: 'read models', stop: () => readModels.close() },
    ],
    ended: projections.ended,
  };
});
