import { signDevelopmentToken } from '#platform';
import { ClientSocket } from './client-socket.js';
import { clanOf, type CrowdPlan, userOf } from './plan.js';

const CONNECTING_AT_ONCE = 20;

export interface CrowdListener {
  /** A text in `bytes` from `from` to `to`, until the call returns. */
  told(client: number, bytes: Buffer, from: number, to: number): void;
  closed(client: number, code: number): void;
}

/** Everybody on the room API: client `i` is in clan `i mod rooms`, and the members of a clan are on all gateways. */
export class Crowd {
  private readonly sockets: ClientSocket[] = [];
  readonly tokens: string[] = [];

  constructor(
    private readonly plan: CrowdPlan,
    private readonly listener: CrowdListener,
  ) {}

  /** Resolves once everybody is connected. */
  async connect(): Promise<void> {
    const { rooms, members } = this.plan;
    for (let first = 0; first < rooms * members; first += CONNECTING_AT_ONCE) {
      const some = Math.min(CONNECTING_AT_ONCE, rooms * members - first);
      await Promise.all(Array.from({ length: some }, (_, i) => this.connectOne(first + i)));
    }
  }

  /** @param frames whole ones, masked */
  send(client: number, frames: Buffer): void {
    this.sockets[client]!.send(frames);
  }

  leave(): void {
    for (const socket of this.sockets) socket.leave();
  }

  private async connectOne(client: number): Promise<void> {
    const { rooms, gateways, secret, turn } = this.plan;
    const clanId = clanOf(turn, client % rooms);
    const person = { userId: userOf(turn, client), name: `Person ${client}`, clanId };
    const token = signDevelopmentToken(secret, { ...person, avatar: { hair: 3, colour: '#a05' }, seconds: 3_600 });
    this.tokens[client] = token;
    this.sockets[client] = await ClientSocket.open({
      gateway: new URL(gateways[Math.floor(client / rooms) % gateways.length]!),
      token,
      told: (bytes, from, to) => {
        this.listener.told(client, bytes, from, to);
      },
      closed: (code) => {
        this.listener.closed(client, code);
      },
    });
  }
}
