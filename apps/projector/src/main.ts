import 'reflect-metadata';
import { createHttpApp, HealthModule } from '#http';
import { connectServers, Health, runRole, workerName } from '#platform';
import { ProjectionRunners } from './projection-runners.js';

await runRole('projector', async (config, logger, atEnd) => {
  const servers = await connectServers(config, logger, atEnd);
  const health = new Health();
  const app = await createHttpApp(HealthModule.of(health), config.http, logger);
  atEnd('HTTP', () => app.close());
  const projections = new ProjectionRunners({ ...servers, names: config.projections, owner: workerName(), logger });
  atEnd('the projections', () => projections.stop());
  projections.watch(health, config.ready.maxLagEvents);
  await app.listen(config.http.port, config.http.host);
  logger.log(`projector of ${config.projections.join(', ')}: ${await app.getUrl()}/health/ready`);
  return { ended: projections.ended };
});
