import { hostname } from 'node:os';
import { type ConsoleLogger, Module } from '@nestjs/common';
import type { EventLog } from '#event-store';
import { type Config, createHttpApp, Health, type Stop, Tokens } from '#platform';
import type { ReadModels } from '#read-models';
import { GatewayModule, useChatSockets } from '../../gateway/src/gateway.module.js';
import { Projections } from '../../projector/src/projections.js';
import { serveOpenApi } from '../../query/src/openapi.js';
import { QueryModule } from '../../query/src/query.module.js';
import { watch } from '../../query/src/readiness.js';

export interface SystemParts {
  readonly config: Config;
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly logger: ConsoleLogger | false;
  /** Told a few times a second, while read models in memory are built, how many events are left. */
  readonly onProgress?: (left: number) => void;
}

export interface System {
  /** Base addresses of the gateways, `ws://host:port`; the first one's port carries the HTTP side too. */
  readonly gateways: readonly string[];
  readonly http: string;
  readonly projections: Projections;
  /** Resolves once the read models have caught up with the log; until then upgrades are answered with 503. */
  readonly caughtUp: Promise<void>;
  /** Everything that was started here, in the order in which it is to be stopped. */
  readonly stops: readonly Stop[];
}

@Module({})
class StandaloneModule {}

/** All roles in this process: the projections, and on one port a gateway and the query side; more gateways beside. */
export async function startSystem({ config, log, readModels, logger, onProgress }: SystemParts): Promise<System> {
  await log.setUp();
  const projections = new Projections({
    names: config.projections,
    log,
    readModels,
    owner: `${hostname().replace(/\W/g, '-')}-${process.pid}`,
    logger: logger || { log: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const caughtUp = projections.caughtUp(onProgress ?? (() => undefined));
  const tokens = new Tokens(config.tokens);
  const { port, host } = config.http;
  const stops: Stop[] = [];
  const gateways: string[] = [];
  for (let i = 0; i < config.standalone.gateways; i++) {
    const health = new Health();
    const parts = { log, readModels, tokens, health };
    const imports = [GatewayModule.of({ settings: config, ...parts, ...(!readModels.shared && { caughtUp }) })];
    if (i === 0) {
      imports.push(QueryModule.of(parts));
      projections.watch(health, config.ready.maxLagEvents);
      watch(health, log, readModels, config.ready.maxLagEvents);
    }
    const app = await createHttpApp({ module: StandaloneModule, imports }, logger);
    useChatSockets(app);
    if (i === 0) serveOpenApi(app);
    await app.listen(port === 0 ? 0 : port + i, host);
    stops.push({ name: `gateway ${i + 1}`, stop: () => app.close() });
    gateways.push((await app.getUrl()).replace(/^http/, 'ws'));
  }
  return {
    gateways,
    http: gateways[0]!.replace(/^ws/, 'http'),
    projections,
    caughtUp,
    stops: [
      { name: 'gateways', stop: () => Promise.all(stops.map(({ stop }) => stop())) },
      { name: 'projections', stop: () => projections.stop() },
    ],
  };
}
