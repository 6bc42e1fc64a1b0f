import { type ConsoleLogger, type INestApplication, Module } from '@nestjs/common';
import type { EventLog } from '#event-store';
import { createHttpApp, serveWebPage } from '#http';
import { type AtEnd, Health, lagFigures, loadWordFilter, type Metrics, sayHindrances, Tokens } from '#platform';
import type { Config } from '#settings';
import type { ReadModels } from '#read-models';
import { GatewayModule, useChatSockets } from '../../gateway/src/gateway.module.js';
import { Hub } from '../../gateway/src/feeds/hub.js';
import { gatewayFigures, trafficOf } from '../../gateway/src/figures.js';
import { serveOpenApi } from '../../query/src/openapi.js';
import { OperationsModule } from '../../query/src/operations/operations.module.js';
import { QueryModule } from '../../query/src/query.module.js';
import { watch } from '../../query/src/readiness.js';
import { Faults } from './break-it/faults.js';
import { flood } from './break-it/flood.js';
import { LivingGateway } from './break-it/living-gateway.js';
import { LivingProjections } from './break-it/living-projections.js';
import { DevelopmentModule } from './development.js';
import type { OwnNats } from './servers/own-nats.js';

export interface SystemParts {
  readonly config: Config;
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly logger: ConsoleLogger | false;
  readonly atEnd: AtEnd;
  readonly metrics?: Metrics | undefined;
  /** The secret that was made for development, where one was: the page's people get tokens then. */
  readonly developmentSecret?: string | undefined;
  /** The nats-server that this process has started; null or left out where it has not. */
  readonly ownNats?: OwnNats | null;
}

export interface System {
  /** Base addresses of the gateways, `ws://host:port`; the first one's port carries the HTTP side too. */
  readonly gateways: readonly string[];
  readonly http: string;
  readonly projections: LivingProjections;
  /** Resolves once people may be let in: the read models have caught up. Until then upgrades are answered with 503. */
  readonly caughtUp: () => Promise<void>;
}

const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };

@Module({})
class StandaloneModule {}

/** All roles in this process: the projections, and on one port a gateway and the query side; more gateways beside. */
export async function startSystem(parts: SystemParts): Promise<System> {
  const { config, log, readModels, logger, atEnd, metrics, developmentSecret, ownNats = null } = parts;
  const wordFilter = await loadWordFilter(config.wordFilter);
  sayHindrances(log, logger || silent);
  await log.setUp();
  const { projections: names, waitsForNewer, ready } = config;
  const projections = new LivingProjections({
    names,
    waitsForNewer,
    log,
    readModels,
    logger: logger || silent,
    metrics,
  });
  atEnd('the projections', () => projections.stop());
  const tokens = new Tokens(config.tokens, log.revocations.follow());
  const traffic = trafficOf(metrics);
  const { port, host } = config.http;
  const faults = new Faults({
    projections,
    gateway: () => gateways[0]!,
    nats: ownNats,
    flood: (clan, signal) => flood(gateways[0]!.url.replace(/^http/, 'ws'), developmentSecret!, clan, signal),
  });
  const make = async (i: number): Promise<INestApplication> => {
    const health = new Health();
    const common = { log, readModels, tokens, health };
    const imports = [GatewayModule.of({ settings: config, traffic, ...common, ...(wordFilter && { wordFilter }) })];
    if (i === 0) {
      imports.push(QueryModule.of({ ...common, limits: config.limits }));
      if (config.operations || developmentSecret !== undefined)
        imports.push(OperationsModule.of({ log, readModels, tokens, waitsForNewer }));
      if (developmentSecret !== undefined) imports.push(DevelopmentModule.of(developmentSecret, faults));
      projections.watch(health, ready.maxLagEvents);
      watch(health, log, readModels, ready.maxLagEvents);
    }
    const app = await createHttpApp({ module: StandaloneModule, imports }, config.http, logger, tokens);
    await useChatSockets(app);
    if (i === 0) {
      serveWebPage(app);
      serveOpenApi(app);
    }
    return app;
  };
  const gateways = Array.from(
    { length: config.standalone.gateways },
    (_, i) => new LivingGateway(() => make(i), port === 0 ? 0 : port + i, host),
  );
  atEnd('the gateways', () => Promise.all(gateways.map((gateway) => gateway.close())));
  atEnd('what is broken', () => faults.stop());
  for (const gateway of gateways) await gateway.start();
  const hubs = () => gateways.flatMap(({ app }) => app?.get(Hub) ?? []);
  metrics?.add(...gatewayFigures(traffic, hubs), ...lagFigures(log, readModels, atEnd));
  return {
    gateways: gateways.map(({ url }) => url.replace(/^http/, 'ws')),
    http: gateways[0]!.url,
    projections,
    caughtUp: () => allRead([tokens, ...hubs()]),
  };
}

async function allRead(parts: readonly Pick<Hub, 'hindrance'>[]): Promise<void> {
  while (parts.some(({ hindrance }) => hindrance !== null)) await new Promise((resolve) => setTimeout(resolve, 50));
}
