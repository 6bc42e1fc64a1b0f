import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { EventLog } from '#event-store';
import { type DevelopmentToken, signDevelopmentToken } from '#platform';
import { loadConfig } from '#settings';
import { memoryReadModels, type ReadModels } from '#read-models';
import type { OwnNats } from '../../standalone/src/servers/own-nats.js';
import { startSystem, type System } from '../../standalone/src/system.js';
import { CuttableProxy } from '../../../libs/event-store/test/cuttable-proxy.js';

const SECRET = 'a secret for tests, 32 bytes long';

interface OwnServers {
  readonly ownNats?: OwnNats | null;
  readonly readModels?: ReadModels;
}

/** All of Parley on a stream of its own, with two gateways, and a network to each that can be cut. */
export class ChatServer {
  private readonly stops: (() => Promise<unknown>)[] = [];
  readonly proxies: CuttableProxy[] = [];

  private constructor(
    readonly system: System,
    readonly log: EventLog,
  ) {}

  /**
   * @param developmentSecret where it gives out tokens itself, as one that is started to try it
   * @param servers of its own: a NATS that it may break, read models that are not in memory
   */
  static async start(
    env: Record<string, string> = {},
    developmentSecret: string | null = SECRET,
    { ownNats = null, readModels = memoryReadModels() }: OwnServers = {},
  ): Promise<ChatServer> {
    const name = randomBytes(4).toString('hex');
    const config = loadConfig({ JWT_SECRET: SECRET, PORT: '0', GATEWAYS: '2', ...env }, 'standalone');
    const stops: (() => Promise<unknown>)[] = [];
    const log = await EventLog.connect({
      ...{ servers: ownNats?.url ?? process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222', name: 'client test' },
      ...{ stream: `CLIENT_${name.toUpperCase()}`, prefix: `client-${name}` },
      encryption: { masterKeys: [randomBytes(32)], seals: true },
    });
    stops.push(() => log.close());
    const atEnd = (_: string, stop: () => Promise<unknown>) => stops.unshift(stop);
    const parts = { config, log, readModels, logger: false as const, atEnd };
    const system = await startSystem({ ...parts, developmentSecret: developmentSecret ?? undefined, ownNats });
    await system.caughtUp();
    const server = new ChatServer(system, log);
    server.stops.push(...stops);
    for (const gateway of system.gateways)
      server.proxies.push(await CuttableProxy.start(gateway.replace('ws', 'nats')));
    return server;
  }

  /** Of one of the gateways; all HTTP is at the first. */
  url(gateway = 0): string {
    return `http://127.0.0.1:${this.proxies[gateway]!.port}`;
  }

  get http(): string {
    return this.system.http;
  }

  token(userId: string | number, more: Partial<DevelopmentToken> = {}): string {
    return signDevelopmentToken(SECRET, { userId, seconds: 600, ...more });
  }

  async stop(): Promise<void> {
    for (const proxy of this.proxies) await proxy.stop();
    for (const stop of this.stops) await stop();
  }
}
