import { WebSocket } from 'ws';
import { signDevelopmentToken } from '#platform';
import { clanOf, type LoadPlan, userOf } from './plan.js';

const CONNECTING_AT_ONCE = 20;

export interface ClanFrame {
  readonly chat: 'clan';
  readonly event: 'newMessage';
  readonly message: { readonly _id: string; readonly n: number; readonly content: string; readonly clan_id: string };
}

export interface CrowdListener {
  /** @param text as it came, where it is no message of a clan */
  told(client: number, frame: ClanFrame | null, text: string): void;
  closed(client: number, code: number): void;
}

/** Everybody on the room API: client `i` is in clan `i mod rooms`, and the members of a clan are on all gateways. */
export class Crowd {
  private readonly sockets: WebSocket[] = [];
  readonly tokens: string[] = [];
  private leaving = false;

  constructor(
    private readonly plan: LoadPlan,
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

  say(client: number, content: string): void {
    this.sockets[client]!.send(JSON.stringify({ event: 'clanMessage', data: { content, feeling: 'Happy' } }));
  }

  leave(): void {
    this.leaving = true;
    for (const socket of this.sockets) socket.close();
  }

  private async connectOne(client: number): Promise<void> {
    const { rooms, gateways, secret, turn } = this.plan;
    const clanId = clanOf(turn, client % rooms);
    const person = { userId: userOf(turn, client), name: `Person ${client}`, clanId };
    const token = signDevelopmentToken(secret, { ...person, avatar: { hair: 3, colour: '#a05' }, seconds: 3_600 });
    const gateway = gateways[Math.floor(client / rooms) % gateways.length]!;
    const socket = new WebSocket(`${gateway}/ws/chat`, {
      headers: { Authorization: `Bearer ${token}` },
      perMessageDeflate: false,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve).once('error', reject);
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      if (!this.leaving) this.listener.closed(client, code);
    });
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      const frame = JSON.parse(text) as Partial<ClanFrame>;
      const ofClan = frame.chat === 'clan' && frame.event === 'newMessage';
      this.listener.told(client, ofClan ? (frame as ClanFrame) : null, text);
    });
    this.sockets[client] = socket;
    this.tokens[client] = token;
  }
}
