import 'reflect-metadata';
import { EventLog } from '#event-store';
import { connectPatiently, createHttpApp, Health, runRole, Tokens } from '#platform';
import { openMongodbReadModels } from '#read-models';
import { timelineCaughtUp } from './caught-up.js';
import { GatewayModule, useChatSockets } from './gateway.module.js';

await runRole('gateway', async (config, logger) => {
  const { http, nats, mongodb } = config;
  const log = await connectPatiently(
    'NATS',
    () => EventLog.connect({ ...nats, servers: nats.url, name: 'parley-gateway' }),
    logger,
  );
  const readModels = await connectPatiently(
    'MongoDB',
    () => openMongodbReadModels({ url: mongodb.url ?? '', database: mongodb.database }),
    logger,
  );
  const caughtUp = timelineCaughtUp(log, readModels, logger);
  const tokens = new Tokens(config.tokens);
  const module = GatewayModule.of({ settings: config, log, readModels, tokens, health: new Health(), caughtUp });
  const app = await createHttpApp(module, logger);
  useChatSockets(app);
  await app.listen(http.port, http.host);
  logger.log(`gateway: ${await app.getUrl()}, sockets at /ws/chat and /ws`);
  return {
    stops: [
      { name: 'sockets', stop: () => app.close() },
      { name: 'log', stop: () => log.close() },
      { name: 'read models', stop: () => readModels.close() },
    ],
  };
});
