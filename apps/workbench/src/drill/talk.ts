import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { signDevelopmentToken } from '#platform';

const RETRY_MS = 50;

/** Somebody in the global room of a gateway, who comes back when they are sent away. */
export class Talker {
  /** Of the messages that came, in order: their numbers in the room. */
  readonly numbers: number[] = [];
  private socket: WebSocket | null = null;
  private said = 0;

  /** @param address `ws://host:port` */
  constructor(
    private readonly address: string,
    private readonly secret: string,
    private readonly userId = '7',
  ) {}

  /**
   * Says something, and something else every half second, until any of it is told.
   * @returns the seconds until then
   */
  async say(limitSeconds: number): Promise<number> {
    const beganAt = performance.now();
    const toldBefore = this.numbers.length;
    const isUntold = () => this.numbers.length === toldBefore;
    const secondsSince = () => (performance.now() - beganAt) / 1_000;
    while (isUntold() && secondsSince() < limitSeconds) {
      const socket = await this.connected();
      socket?.send(JSON.stringify({ event: 'globalMessage', data: { content: `${this.userId} says ${++this.said}` } }));
      for (let waits = 0; waits < 10 && isUntold(); waits++) await sleep(RETRY_MS);
    }
    return secondsSince();
  }

  close(): void {
    this.socket?.terminate();
  }

  /** Null where it is not let in just now. */
  private async connected(): Promise<WebSocket | null> {
    if (this.socket?.readyState === WebSocket.OPEN) return this.socket;
    const { userId, secret, address } = this;
    const token = signDevelopmentToken(secret, { userId, name: `User ${userId}`, seconds: 3_600 });
    const socket = new WebSocket(`${address}/ws/chat?token=${token}`);
    socket.on('message', (data: Buffer) => {
      const { message } = JSON.parse(data.toString()) as { message?: { n: number } };
      if (message) this.numbers.push(message.n);
    });
    this.socket = socket;
    try {
      await once(socket, 'open');
      return socket;
    } catch {
      return null;
    }
  }
}
