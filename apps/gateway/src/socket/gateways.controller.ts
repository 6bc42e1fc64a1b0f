import { hostname } from 'node:os';
import type { Server } from 'node:http';
import { Controller, Get, Inject, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiExcludeController } from '@nestjs/swagger';
import { type AskedLog, EventLog, type LiveSubscription } from '#event-store';
import { ForService, WithToken } from '#http';
import { Hub } from '../feeds/hub.js';
import { ROOM_CHAT } from './endpoint.js';

const TOPIC = 'gateway-list';
/** How long the other gateways have to answer, in milliseconds. */
const ASK_TIME = 500;

/** The connections of one gateway. */
export interface GatewayEntry {
  /** `host:port` of the process. */
  readonly gateway: string;
  readonly rooms: number;
  readonly direct: number;
  readonly people: number;
}

/** `GET /online/gateways`: how many connections each gateway has, of either API. */
@ApiExcludeController()
@Controller('online/gateways')
@WithToken()
@ForService()
export class GatewaysController implements OnApplicationBootstrap, OnApplicationShutdown {
  #answering: LiveSubscription | null = null;

  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'live'>,
    @Inject(Hub) private readonly hub: Hub,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    this.#answering = this.log.live.answer(TOPIC, () => [JSON.stringify(this.#own())]);
  }

  onApplicationShutdown(): void {
    this.#answering?.stop();
  }

  /** `{"data": [{"gateway", "rooms", "direct", "people"}]}`, in the order of their names. */
  @Get()
  async gateways(): Promise<{ readonly data: readonly GatewayEntry[] }> {
    const answers = await this.log.live.ask(TOPIC, '', ASK_TIME);
    const data = answers.map((answer) => JSON.parse(answer) as GatewayEntry);
    return { data: data.sort((a, b) => (a.gateway < b.gateway ? -1 : 1)) };
  }

  #own(): GatewayEntry {
    const open = [...this.hub.sessions].filter(({ isOpen }) => isOpen);
    const rooms = open.filter(({ endpoint }) => endpoint === ROOM_CHAT).length;
    const address = (this.host.httpAdapter.getHttpServer() as Server).address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { people } = this.hub.held;
    return { gateway: `${hostname()}:${port ?? 0}`, rooms, direct: open.length - rooms, people };
  }
}
