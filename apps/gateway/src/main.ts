import 'reflect-metadata';
import { createHttpApp } from '#http';
import { connectServers, Health, loadWordFilter, runRole, startMetrics, Tokens } from '#platform';
import { Hub } from './feeds/hub.js';
import { gatewayFigures, trafficOf } from './figures.js';
import { GatewayModule, useChatSockets } from './gateway.module.js';

await runRole('gateway', async (config, logger, atEnd) => {
  const wordFilter = await loadWordFilter(config.wordFilter);
  const metrics = await startMetrics(config, atEnd);
  const servers = await connectServers(config, logger, atEnd, metrics);
  const traffic = trafficOf(metrics);
  const tokens = new Tokens(config.tokens, servers.log.revocations.follow());
  const app = await createHttpApp(
    GatewayModule.of({
      ...servers,
      settings: config,
      tokens,
      health: new Health(),
      traffic,
      ...(wordFilter && { wordFilter }),
    }),
    config.http,
    logger,
    tokens,
  );
  atEnd('the sockets', () => app.close());
  await useChatSockets(app);
  metrics?.add(...gatewayFigures(traffic, () => [app.get(Hub)]));
  await app.listen(config.http.port, config.http.host);
  logger.log(`gateway: ${await app.getUrl()}, sockets at /ws/chat and /ws`);
  return {};
});
