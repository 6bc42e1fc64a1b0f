import 'reflect-metadata';
import { EventLog } from '#event-store';
import { connectPatiently, createHttpApp, Health, runRole, Tokens } from '#platform';
import { openMongodbReadModels } from '#read-models';
import { serveOpenApi } from './openapi.js';
import { QueryModule } from './query.module.js';
import { watch } from './readiness.js';

await runRole('query', async (config, logger) => {
  const { http, nats, mongodb, ready } = config;
  const log = await connectPatiently(
    'NATS',
    () => EventLog.connect({ ...nats, servers: nats.url, name: 'parley-query' }),
    logger,
  );
  const readModels = await connectPatiently(
    'MongoDB',
    () => openMongodbReadModels({ url: mongodb.url ?? '', database: mongodb.database }),
    logger,
  );
  const health = new Health();
  watch(health, log, readModels, ready.maxLagEvents);
  const module = QueryModule.of({ log, readModels, tokens: new Tokens(config.tokens), health });
  const app = await createHttpApp(module, logger);
  serveOpenApi(app);
  await app.listen(http.port, http.host);
  logger.log(`query: ${await app.getUrl()}, its OpenAPI page at /api`);
  return {
    stops: [
      { name: 'HTTP', stop: () => app.close() },
      { name: 'log', stop: () => log.close() },
      { name: 'read models', stop: () => readModels.close() },
    ],
  };
});
