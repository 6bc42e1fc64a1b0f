import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { clanRoom, partitionOf, PARTITIONS } from '#domain';
import { signDevelopmentToken } from '#platform';

const EVERY_MS = 200;
const RECONNECT_MS = 250;

interface Frame {
  readonly event?: string;
  readonly error?: { readonly message?: string } | string;
  readonly message?: { readonly n: number };
}

/** Somebody in a clan of their own who says something again and again, and writes down when it is told. */
export class RoomWatch {
  /** When each message was told, ms on the monotonic clock, and its number in the room. */
  readonly told: { readonly at: number; readonly n: number }[] = [];
  /** How often each answer came that was an error. */
  readonly errors = new Map<string, number>();
  private socket: WebSocket | null = null;
  private isOver = false;

  /**
   * @param gateways base addresses, taken in turns where one is away
   * @param everyMs how often they say something
   */
  constructor(
    readonly clanId: string,
    private readonly gateways: readonly string[],
    private readonly secret: string,
    private readonly everyMs = EVERY_MS,
  ) {}

  /** One for each partition. */
  static ofEachPartition(gateways: readonly string[], secret: string): RoomWatch[] {
    const clans = new Map<number, string>();
    for (let clan = 1; clans.size < PARTITIONS; clan++) clans.set(partitionOf(clanRoom(String(clan))), String(clan));
    return [...clans.values()].map((clanId, i) => {
      const first = i % gateways.length;
      return new RoomWatch(clanId, [...gateways.slice(first), ...gateways.slice(0, first)], secret);
    });
  }

  /** Until {@link stop}. */
  start(): void {
    void this.connect();
    void this.talk();
  }

  stop(): void {
    this.isOver = true;
    this.socket?.terminate();
  }

  /** The longest time without anything told, in seconds, from a moment on until another one. */
  longestSilence(from: number, until: number): number {
    const inside = this.told.map(({ at }) => at).filter((at) => at > from && at < until);
    const moments = [from, ...inside, until];
    return Math.max(...moments.slice(1).map((at, i) => at - moments[i]!)) / 1_000;
  }

  private async connect(): Promise<void> {
    const { clanId, secret } = this;
    const token = signDevelopmentToken(secret, {
      userId: `1${clanId}`,
      name: `User ${clanId}`,
      clanId,
      seconds: 3_600,
    });
    for (let attempt = 0; !this.isOver; attempt++) {
      const socket = new WebSocket(`${this.gateways[attempt % this.gateways.length]}/ws/chat?token=${token}`);
      this.socket = socket;
      socket.on('message', (data: Buffer) => {
        this.receive(JSON.parse(data.toString()) as Frame);
      });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.on('close', resolve));
      await sleep(RECONNECT_MS);
    }
  }

  private async talk(): Promise<void> {
    for (let i = 1; !this.isOver; i++) {
      if (this.socket?.readyState === WebSocket.OPEN) {
        this.socket.send(JSON.stringify({ event: 'clanMessage', data: { content: `message ${i}` } }));
      }
      await sleep(this.everyMs);
    }
  }

  private receive({ message, error }: Frame): void {
    if (message) this.told.push({ at: performance.now(), n: message.n });
    if (error === undefined) return;
    const text = typeof error === 'string' ? error : (error.message ?? '?');
    this.errors.set(text, (this.errors.get(text) ?? 0) + 1);
  }
}
