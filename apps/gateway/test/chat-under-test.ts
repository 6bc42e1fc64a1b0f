import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { joinClan, keySequence, leaveClan, type MembershipEvent, userRoom } from '#domain';
import type { EventLog } from '#event-store';
import { createHttpApp } from '#http';
import { type DevelopmentToken, Health, signDevelopmentToken, Tokens } from '#platform';
import { loadConfig } from '#settings';
import type { ReadModels } from '#read-models';
import { GatewayModule, type GatewayParts, useChatSockets } from '../src/gateway.module.js';
import { Hub } from '../src/feeds/hub.js';
import type { GatewaySettings } from '../src/settings.js';
import { ChatClient } from './chat-client.js';
import type { Ground } from './ground.js';
import { GroundOnServers } from './ground-on-servers.js';
import { until } from './until.js';

const SECRET = 'a secret for tests, 32 bytes long';

export interface Changes {
  readonly limits?: Partial<GatewaySettings['limits']>;
  readonly lists?: Partial<Pick<GatewaySettings, 'chatMessagesMax' | 'chatsMax' | 'resumeChangesMax'>>;
  readonly dialect?: GatewaySettings['roomChat']['dialect'];
  readonly blockedMessages?: GatewaySettings['blockedMessages'];
  readonly socketIo?: boolean;
  readonly http?: Partial<GatewaySettings['http']>;
  readonly inMail?: Partial<GatewaySettings['inMail']>;
  readonly caughtUp?: GatewayParts['caughtUp'];
  readonly wordFilter?: GatewayParts['wordFilter'];
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

/** What systems stand on in this test file where it does not say. */
const ground = { open: (readModels?: ReadModels): Promise<Ground> => GroundOnServers.open(readModels) };

/** For a suite that is run on other ground as well: to be called before it is imported. */
export const standOn = (open: () => Promise<Ground>): void => {
  ground.open = open;
};

/** A log of its own, its projections, and as many gateways as the test starts. */
export class ChatUnderTest {
  readonly nextKey = keySequence(randomBytes(8));
  private readonly gateways: Gateway[] = [];
  private readonly clients: ChatClient[] = [];

  private constructor(private readonly ground: Ground) {}

  static async start(readModels?: ReadModels): Promise<ChatUnderTest> {
    return new ChatUnderTest(await ground.open(readModels));
  }

  get log(): EventLog {
    return this.ground.log;
  }

  get readModels(): ReadModels {
    return this.ground.readModels;
  }

  startProjections(): Promise<void> {
    return this.ground.startProjections();
  }

  stopProjections(): Promise<void> {
    return this.ground.stopProjections();
  }

  async startGateway({
    limits,
    lists,
    dialect,
    blockedMessages = 'hidden',
    socketIo = false,
    http,
    inMail,
    caughtUp,
    wordFilter,
    isHindered,
    servers,
  }: Changes = {}): Promise<Gateway> {
    const config = loadConfig(
      { JWT_SECRET: SECRET, ENCRYPTION: 'off', NATS_URL: 'nats://not-used', MONGODB_URL: 'mongodb://not-used' },
      'gateway',
    );
    const settings: GatewaySettings = {
      ...config,
      ...lists,
      limits: { ...config.limits, ...limits },
      roomChat: { dialect: dialect ?? 'documented' },
      blockedMessages,
      socketIo,
      http: { ...config.http, ...http },
      inMail: { ...config.inMail, ...inMail },
    };
    const log = await this.ground.connect(servers);
    const tokens = new Tokens(config.tokens, log.revocations.follow());
    const module = GatewayModule.of({
      settings,
      log,
      readModels: this.readModels,
      tokens,
      health: new Health(),
      ...(caughtUp && { caughtUp }),
      ...(wordFilter && { wordFilter }),
    });
    const app = await createHttpApp(module, settings.http, false, tokens);
    await useChatSockets(app);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const gateway = { app, hub: app.get(Hub), port };
    this.gateways.push(gateway);
    if (!isHindered) {
      await until('it can be ready', () => gateway.hub.hindrance === null && tokens.hindrance === null);
    }
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
    await this.ground.stop();
  }

  #keep(client: ChatClient): ChatClient {
    this.clients.push(client);
    return client;
  }
}
