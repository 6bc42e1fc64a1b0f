import { WebSocket } from 'ws';
import { RoomChat, type RoomName } from '#client';
import { signDevelopmentToken } from '#platform';

/** The addresses of the gateways that are there: what a load balancer knows. */
export interface Balancer {
  /** Of a gateway, for a new connection. */
  next(): string;
}

export interface MemberParts {
  readonly userId: string;
  readonly clanId: string;
  readonly secret: string;
  readonly http: string;
  readonly balancer: Balancer;
}

export const ROOMS = ['global', 'clan'] as const satisfies readonly RoomName[];

/** Somebody with a client of the library, who keeps where they stand in their rooms. */
export class Member {
  readonly lastN: Record<RoomName, number> = { global: 0, clan: 0 };
  readonly chat: RoomChat;
  /** What must not be, a line each. */
  readonly faults: string[] = [];
  /** When they were told the last thing, and when the connection stood; of performance.now(). */
  toldAt = 0;
  connectedAt = 0;
  #socket: WebSocket | null = null;

  constructor({ userId, clanId, secret, http, balancer }: MemberParts) {
    const take = (socket: WebSocket): void => {
      this.#socket = socket;
    };
    class Socket extends WebSocket {
      constructor(url: string) {
        super(url.replace(/^ws:\/\/[^/]+/, balancer.next()), { perMessageDeflate: false });
        take(this);
      }
    }
    this.chat = new RoomChat({
      ...{ url: balancer.next(), httpUrl: http, WebSocket: Socket },
      token: signDevelopmentToken(secret, { userId, name: `Member ${userId}`, clanId, seconds: 36_000 }),
    });
    this.chat.on('state', ({ state }) => {
      if (state === 'connected') this.connectedAt = performance.now();
    });
    this.chat.on('message', ({ room, message: { n } }) => {
      if (n !== this.lastN[room] + 1) this.faults.push(`${userId} was told ${room} ${n} after ${this.lastN[room]}`);
      this.lastN[room] = n;
      this.toldAt = performance.now();
    });
    this.chat.on('reset', ({ room, messages }) => {
      // The first one is where they begin.
      if (this.toldAt > 0) this.faults.push(`${userId} was not told what they missed in ${room}`);
      this.lastN[room] = messages.at(-1)?.n ?? this.lastN[room];
    });
  }

  get isConnected(): boolean {
    return this.chat.state.state === 'connected';
  }

  isAt(lastN: Readonly<Record<RoomName, number>>): boolean {
    return ROOMS.every((room) => this.lastN[room] >= lastN[room]);
  }

  /** What is sent to them from now on over this connection is lost. */
  deafen(): void {
    if (this.#socket) this.#socket.onmessage = null;
  }

  cut(): void {
    this.#socket?.terminate();
  }
}
