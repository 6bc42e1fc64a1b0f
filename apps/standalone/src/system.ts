import { type ConsoleLogger, type INestApplication, Module } from '@nestjs/common';
import type { EventLog } from '#event-store';
import { createHttpApp, serveWebPage } from '#http';
import {
  type AtEnd,
  type Config,
  Health,
  lagFigures,
  loadWordFilter,
  type Metrics,
  sayHindrances,
  Tokens,
  workerName,
} from '#platform';
import type { ReadModels } from '#read-models';
import { GatewayModule, useChatSockets } from '../../gateway/src/gateway.module.js';
import { Hub } from '../../gateway/src/feeds/hub.js';
import { gatewayFigures, trafficOf } from '../../gateway/src/figures.js';
import { ProjectionRunners } from '../../projector/src/projection-runners.js';
import { serveOpenApi } from '../../query/src/openapi.js';
import { QueryModule } from '../../query/src/query.module.js';
import { watch } from '../../query/src/readiness.js';
import { DevelopmentModule } from './development.js';

export interface SystemParts {
  readonly config: Config;
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly logger: ConsoleLogger | false;
  readonly atEnd: AtEnd;
  readonly metrics?: Metrics | undefined;
  /** The secret that was made for development, where one was: the page's people get tokens then. */
  readonly developmentSecret?: string | undefined;
}

export interface System {
  /** Base addresses of the gateways, `ws://host:port`; the first one's port carries the HTTP side too. */
  readonly gateways: readonly string[];
  readonly http: string;
  readonly projections: ProjectionRunners;
  /** Resolves once people may be let in: the read models have caught up. Until then upgrades are answered with 503. */
  readonly caughtUp: () => Promise<void>;
}

const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };

@Module({})
class StandaloneModule {}

/** All roles in this process: the projections, and on one port a gateway and the query side; more gateways beside. */
export async function startSystem(parts: SystemParts): Promise<System> {
  const { config, log, readModels, logger, atEnd, metrics, developmentSecret } = parts;
  const wordFilter = await loadWordFilter(config.wordFilter);
  sayHindrances(log, logger || silent);
  await log.setUp();
  const projections = new ProjectionRunners({
    names: config.projections,
    waitsForNewer: config.waitsForNewer,
    log,
    readModels,
    owner: workerName(),
    logger: logger || silent,
    metrics,
  });
  atEnd('the projections', () => projections.stop());
  const tokens = new Tokens(config.tokens, log.revocations.follow());
  const traffic = trafficOf(metrics);
  const { port, host } = config.http;
  const apps: INestApplication[] = [];
  atEnd('the gateways', () => Promise.all(apps.map((app) => app.close())));
  const gateways: string[] = [];
  for (let i = 0; i < config.standalone.gateways; i++) {
    const health = new Health();
    const common = { log, readModels, tokens, health };
    const imports = [GatewayModule.of({ settings: config, traffic, ...common, ...(wordFilter && { wordFilter }) })];
    if (i === 0) {
      imports.push(QueryModule.of({ ...common, limits: config.limits }));
      if (developmentSecret !== undefined) imports.push(DevelopmentModule.of(developmentSecret));
      projections.watch(health, config.ready.maxLagEvents);
      watch(health, log, readModels, config.ready.maxLagEvents);
    }
    const app = await createHttpApp({ module: StandaloneModule, imports }, config.http, logger, tokens);
    apps.push(app);
    await useChatSockets(app);
    if (i === 0) {
      serveWebPage(app);
      serveOpenApi(app);
    }
    await app.listen(port === 0 ? 0 : port + i, host);
    gateways.push((await app.getUrl()).replace(/^http/, 'ws'));
  }
  const hubs = apps.map((app) => app.get(Hub));
  metrics?.add(...gatewayFigures(traffic, () => hubs), ...lagFigures(log, readModels));
  return {
    gateways,
    http: gateways[0]!.replace(/^ws/, 'http'),
    projections,
    caughtUp: () => allRead([tokens, ...hubs]),
  };
}

async function allRead(parts: readonly Pick<Hub, 'hindrance'>[]): Promise<void> {
  while (parts.some(({ hindrance }) => hindrance !== null)) await new Promise((resolve) => setTimeout(resolve, 50));
}
