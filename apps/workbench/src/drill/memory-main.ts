import 'reflect-metadata';
import { EventLog } from '#event-store';
import { runRole } from '#platform';
import { memoryReadModels } from '#read-models';
import { startSystem } from '../../../standalone/src/system.js';

// The standalone as it is where there is no MongoDB, in a process that a drill can suspend.

await runRole('standalone', async (config, logger, atEnd) => {
  const log = await EventLog.connect({ ...config.nats, servers: config.nats.url, name: 'parley-standalone' });
  atEnd('the log', () => log.close());
  const { projections } = await startSystem({ config, log, readModels: memoryReadModels(), logger, atEnd });
  return { ended: projections.ended };
});
