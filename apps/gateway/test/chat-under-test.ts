import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { joinClan, keySequence, leaveClan, type MembershipEvent, userRoom } from '#domain';
import { EventLog } from '#event-store';
import { createHttpApp, type DevelopmentToken, Health, loadConfig, signDevelopmentToken, Tokens } from '#platform';
import { directory, timeline, Runner } from '#projections';
import { firstVersion, memoryReadModels, type ReadModels } from '#read-models';
import { GatewayModule, type GatewayParts, useChatSockets } from '../src/gateway.module.js';
import { Hub } from '../src/hub.js';
import type { GatewaySettings } from '../src/settings.js';
import { ChatClient } from './chat-client.js';

const SERVERS = process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222';
const SECRET = 'a secret for tests, 32 bytes long';
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

export interface Changes {
  readonly limits?: Partial<GatewaySettings['limits']>;
  readonly lists?: Partial<Pick<GatewaySettings, 'chatMessagesMax' | 'chatsMax'>>;
  readonly dialect?: GatewaySettings['roomChat']['dialect'];
  readonly allowedOrigins?: readonly string[];
  readonly inMailUrl?: string;
  readonly caughtUp?: GatewayParts['caughtUp'];
  /** It will not be ready for a while, and is not waited for. */
  readonly isHindered?: boolean;
  /** Where this gateway finds NATS. */
  readonly servers?: string;
}

export interface Gateway {
  readonly app: INestApplication;
  readonly hub: Hub;
  readonly port: number;
}

/** A log of its own on a real server, its projections, and as many gateways as the test starts. */
export class ChatUnderTest {
  readonly nextKey = keySequence(randomBytes(8));
  private readonly gateways: Gateway[] = [];
  private readonly logs: EventLog[] = [];
  private readonly clients: ChatClient[] = [];
  private workers: Runner<never>[] = [];

  private constructor(
    readonly log: EventLog,
    readonly readModels: ReadModels,
    private readonly names: { readonly stream: string; readonly prefix: string },
  ) {}

  static async start(readModels: ReadModels = memoryReadModels()): Promise<ChatUnderTest> {
    const token = randomBytes(4).toString('hex');
    const names = { stream: `TEST_${token.toUpperCase()}`, prefix: `test-${token}` };
    const log = await EventLog.connect({ ...names, servers: SERVERS, name: 'gateway test' });
    await log.setUp();
    // So that a test can name the versions.
    for (const { name, format } of [timeline, directory]) {
      await readModels.versions.replace(name, firstVersion(format, 1));
    }
    const system = new ChatUnderTest(log, readModels, names);
    await system.startProjections();
    return system;
  }

  async startProjections(): Promise<void> {
    const { log, readModels } = this;
    const owner = `test-${randomBytes(4).toString('hex')}`;
    const workers = [
      new Runner({ projection: timeline, log, readModels, owner, logger: quiet }),
      new Runner({ projection: directory, log, readModels, owner, logger: quiet }),
    ];
    for (const worker of workers) void worker.start();
    this.workers = workers as unknown as Runner<never>[];
    await until('the projections run', () => workers.every(({ state }) => state === 'running'));
  }

  async stopProjections(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  async startGateway({
    limits,
    lists,
    dialect,
    allowedOrigins,
    inMailUrl,
    caughtUp,
    isHindered,
    servers,
  }: Changes = {}): Promise<Gateway> {
    const config = loadConfig({ JWT_SECRET: SECRET, NATS_URL: SERVERS, MONGODB_URL: 'mongodb://not-used' }, 'gateway');
    const settings: GatewaySettings = {
      ...config,
      ...lists,
      limits: { ...config.limits, ...limits },
      roomChat: { dialect: dialect ?? 'documented' },
      http: { ...config.http, allowedOrigins: allowedOrigins ?? [] },
      inMail: inMailUrl === undefined ? {} : { url: inMailUrl },
    };
    const log = await EventLog.connect({ ...this.names, servers: servers ?? SERVERS, name: 'gateway under test' });
    this.logs.push(log);
    const tokens = new Tokens(config.tokens);
    const module = GatewayModule.of({
      settings,
      log,
      readModels: this.readModels,
      tokens,
      health: new Health(),
      ...(caughtUp && { caughtUp }),
    });
    const app = await createHttpApp(module, settings.http, false, tokens);
    useChatSockets(app);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const gateway = { app, hub: app.get(Hub), port };
    this.gateways.push(gateway);
    if (!isHindered) await until('the timeline is followed', () => gateway.hub.hindrance === null);
    return gateway;
  }

  token(userId: string | number, more: Partial<DevelopmentToken> = {}): string {
    return signDevelopmentToken(SECRET, { userId, seconds: 60, ...more });
  }

  roomUrl({ port }: Gateway, token: string): string {
    return `ws://127.0.0.1:${port}/ws/chat?token=${token}`;
  }

  directUrl({ port }: Gateway, userId: string | number, token = this.token(userId)): string {
    return `ws://127.0.0.1:${port}/ws?userId=${userId}&token=${token}`;
  }

  /** A connection of the room chat. */
  async room(gateway: Gateway, userId: string | number, more: Partial<DevelopmentToken> = {}): Promise<ChatClient> {
    return this.#keep(await ChatClient.connect(this.roomUrl(gateway, this.token(userId, more))));
  }

  /** A connection of the direct chat. */
  async direct(gateway: Gateway, userId: number, more: Partial<DevelopmentToken> = {}): Promise<ChatClient> {
    return this.#keep(await ChatClient.connect(this.directUrl(gateway, userId, this.token(userId, more))));
  }

  /** As the surrounding application does it; null for leaving the clan they are in. */
  async putIntoClan(userId: string, clanId: string | null): Promise<void> {
    const room = userRoom(userId);
    const last = (await this.log.last(room, 'member')) as MembershipEvent | null;
    const before = last?.type === 'MemberJoined' ? last.clanId : null;
    const context = { key: this.nextKey(), at: new Date().toISOString(), userId };
    await this.log.decide<MembershipEvent>(room, 'member', () =>
      clanId === null
        ? leaveClan({ ...context, clanId: before ?? '' }, { clanId: before })
        : joinClan({ ...context, clanId }, last && { clanId: before }),
    );
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.ws.terminate();
    await Promise.all(this.gateways.map(({ app }) => app.close()));
    await this.stopProjections();
    await Promise.all([this.log, ...this.logs].map((log) => log.close()));
    await this.readModels.close();
  }

  #keep(client: ChatClient): ChatClient {
    this.clients.push(client);
    return client;
  }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
