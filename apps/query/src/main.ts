import 'reflect-metadata';
import { createHttpApp, serveWebPage } from '#http';
import { connectServers, Health, lagFigures, runRole, startMetrics, Tokens } from '#platform';
import { serveOpenApi } from './openapi.js';
import { OperationsModule } from './operations/operations.module.js';
import { QueryModule } from './query.module.js';
import { watch, watchServers } from './readiness.js';

await runRole('query', async (config, logger, atEnd) => {
  const metrics = await startMetrics(config, atEnd);
  const servers = await connectServers(config, logger, atEnd, metrics);
  metrics?.add(...lagFigures(servers.log, servers.readModels, atEnd));
  const health = new Health();
  const tokens = new Tokens(config.tokens, servers.log.revocations.follow());
  const { limits, operations, waitsForNewer } = config;
  if (operations) watchServers(health, servers.log, servers.readModels);
  else watch(health, servers.log, servers.readModels, config.ready.maxLagEvents);
  const module = operations
    ? OperationsModule.of({ ...servers, tokens, health, waitsForNewer })
    : QueryModule.of({ ...servers, tokens, health, limits });
  const app = await createHttpApp(module, config.http, logger, tokens);
  atEnd('HTTP', () => app.close());
  serveWebPage(app);
  serveOpenApi(app);
  await app.listen(config.http.port, config.http.host);
  logger.log(`query: ${await app.getUrl()}, its OpenAPI page at /api`);
  return {};
});
