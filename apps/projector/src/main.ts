import 'reflect-metadata';
import { createHttpApp, HealthModule } from '#http';
import { connectServers, Health, runRole, startMetrics, workerName } from '#platform';
import { observeRounds, projectionFigures } from './figures.js';
import { ProjectionRunners } from './projection-runners.js';

await runRole('projector', async (config, logger, atEnd) => {
  const metrics = await startMetrics(config, atEnd);
  const servers = await connectServers(config, logger, atEnd, metrics);
  const health = new Health();
  const app = await createHttpApp(HealthModule.of(health), config.http, logger);
  atEnd('HTTP', () => app.close());
  const projections = new ProjectionRunners({
    ...servers,
    names: config.projections,
    paceMs: config.paceMs,
    waitsForNewer: config.waitsForNewer,
    owner: workerName(),
    logger,
    onRound: metrics && observeRounds(metrics),
  });
  metrics?.add(...projectionFigures(() => projections.all));
  atEnd('the projections', () => projections.stop());
  projections.watch(health, config.ready.maxLagEvents);
  await app.listen(config.http.port, config.http.host);
  logger.log(`projector of ${config.projections.join(', ')}: ${await app.getUrl()}/health/ready`);
  return { ended: projections.ended };
});
