import 'reflect-metadata';
import { EventLog } from '#event-store';
import { createHttpApp, Health, runRole, Tokens } from '#platform';
import { openMongodbReadModels } from '#read-models';
import { GatewayModule, useChatSockets } from './gateway.module.js';

await runRole('gateway', async (config, logger) => {
  const log = await EventLog.connect({ ...config.nats, servers: config.nats.url, name: 'parley-gateway' });
  const readModels = await openMongodbReadModels({ url: config.mongodb.url ?? '', database: config.mongodb.database });
  const tokens = new Tokens(config.tokens);
  const module = GatewayModule.of({ settings: config, log, readModels, tokens, health: new Health() });
  const app = await createHttpApp(module, logger);
  useChatSockets(app);
  await app.listen(config.http.port, config.http.host);
  logger.log(`gateway: ${await app.getUrl()}, sockets at /ws/chat and /ws`);
  return {
    stops: [
      { name: 'sockets', stop: () => app.close() },
      { name: 'log', stop: () => log.close() },
      { name: 'read models', stop: () => readModels.close() },
    ],
  };
});
