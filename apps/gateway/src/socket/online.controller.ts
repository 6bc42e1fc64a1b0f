import { Controller, Get, Inject, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type AskedLog, EventLog, type LiveSubscription } from '#event-store';
import { ForService, WithToken } from '#http';
import { Hub } from '../feeds/hub.js';

const TOPIC = 'online-list';
/** How long the other gateways have to answer, in milliseconds. */
const ASK_TIME = 500;

/** People in one answer: with the longest ids still below the megabyte that NATS takes. */
const PIECE = 1_000;

export interface OnlineEntry {
  readonly userId: string;
  readonly connections: number;
}

/**
 * `GET /online`: who is connected to any gateway, by either API, and with how many connections. Described in the
 * document of the query side, which is that of all HTTP.
 */
@ApiExcludeController()
@Controller('online')
@WithToken()
@ForService()
export class OnlineController implements OnApplicationBootstrap, OnApplicationShutdown {
  #answering: LiveSubscription | null = null;

  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'live'>,
    @Inject(Hub) private readonly hub: Pick<Hub, 'connections'>,
  ) {}

  onApplicationBootstrap(): void {
    this.#answering = this.log.live.answer(TOPIC, () => {
      const people = [...this.hub.connections()];
      const pieces = Math.ceil(people.length / PIECE);
      return Array.from({ length: pieces }, (_, i) => JSON.stringify(people.slice(i * PIECE, (i + 1) * PIECE)));
    });
  }

  onApplicationShutdown(): void {
    this.#answering?.stop();
  }

  /** `{"data": [{"userId", "connections"}]}`, in the order of the ids. */
  @Get()
  async online(): Promise<{ readonly data: readonly OnlineEntry[] }> {
    const total = new Map<string, number>();
    for (const answer of await this.log.live.ask(TOPIC, '', ASK_TIME)) {
      for (const [userId, count] of JSON.parse(answer) as [string, number][]) {
        total.set(userId, (total.get(userId) ?? 0) + count);
      }
    }
    const data = [...total].map(([userId, connections]) => ({ userId, connections }));
    return { data: data.sort((a, b) => (a.userId < b.userId ? -1 : 1)) };
  }
}
