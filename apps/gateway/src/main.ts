import 'reflect-metadata';
import { createHttpApp } from '#http';
import { connectServers, Health, loadWordFilter, runRole, Tokens } from '#platform';
import { GatewayModule, useChatSockets } from './gateway.module.js';

await runRole('gateway', async (config, logger, atEnd) => {
  const wordFilter = await loadWordFilter(config.wordFilter);
  const servers = await connectServers(config, logger, atEnd);
  const tokens = new Tokens(config.tokens, servers.log.revocations.follow());
  const app = await createHttpApp(
    GatewayModule.of({
      ...servers,
      settings: config,
      tokens,
      health: new Health(),
      ...(wordFilter && { wordFilter }),
    }),
    config.http,
    logger,
    tokens,
  );
  atEnd('the sockets', () => app.close());
  await useChatSockets(app);
  await app.listen(config.http.port, config.http.host);
  logger.log(`gateway: ${await app.getUrl()}, sockets at /ws/chat and /ws`);
  return {};
});
