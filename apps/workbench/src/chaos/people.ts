import { setTimeout as sleep } from 'node:timers/promises';
import { DirectChat, RoomChat, type RoomName } from '#client';
import { clanRoom, directRoom, GLOBAL_ROOM, type Room } from '#domain';
import { signDevelopmentToken } from '#platform';
import { oneOf, seededRandom } from '../seeded-random.js';
import type { Command, History, Place } from './evidence.js';

export interface Crowd {
  /** Rooms, clients of rooms, direct chats, clients of direct chats. */
  readonly clans: number;
  readonly inRooms: number;
  readonly chats: number;
  readonly inChats: number;
}

export interface Addresses {
  readonly url: string;
  readonly httpUrl: string;
  readonly secret: string;
}

/** About how often each does something, in milliseconds. */
const PACE = 2_500;
const BACKOFF = { minMs: 200, maxMs: 3_000 };

/** Somebody with one client of the library, who says and does things at random, and keeps what they are told. */
export abstract class Someone {
  readonly history: History;
  #count = 0;
  #unsettled = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly userId: string,
    device: string,
    private readonly random: () => number,
  ) {
    this.history = { client: `${userId}${device}`, told: [], commands: [] };
  }

  /** How many of their commands have no end yet. */
  get unsettled(): number {
    return this.#unsettled;
  }

  abstract get isConnected(): boolean;
  abstract disconnect(): void;
  /** Whether they have been told everything up to there. */
  abstract isAt(lastN: (room: Room) => number): boolean;
  protected abstract act(random: () => number): void;

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      await sleep(this.random() * 2 * PACE);
      if (this.#stopping) return;
      // What it draws depends on what they have been told; the next thing follows from the seed all the same.
      this.act(seededRandom(this.random() * 2 ** 32));
    }
  }

  protected give(kind: Command['kind'], room: Room, send: (content: string, id: string) => Promise<string>): void {
    const commandId = `${this.history.client}-${++this.#count}`;
    const content = kind === 'message' ? `said ${commandId}` : null;
    const knownN = this.lastOf(room);
    const command: Command = {
      commandId,
      userId: this.userId,
      kind,
      room,
      content,
      knownN,
      ackedAs: null,
      refused: null,
    };
    this.history.commands.push(command);
    this.#unsettled++;
    send(content ?? '', commandId)
      .then((ackedAs) => {
        command.ackedAs = ackedAs;
      })
      .catch((error: unknown) => {
        command.refused = String(error);
      })
      .finally(() => {
        this.#unsettled--;
      });
  }

  protected told(room: Room, { n, id }: Place): void {
    this.history.told.push({ what: 'message', room, n, id });
  }

  protected reset(room: Room, messages: readonly Place[]): void {
    this.history.told.push({ what: 'reset', room, messages: messages.map(({ n, id }) => ({ n, id })) });
  }

  protected lastOf(room: Room): number {
    const last = this.history.told.findLast((each) => each.room === room);
    return last?.what === 'reset' ? (last.messages.at(-1)?.n ?? 0) : (last?.n ?? 0);
  }
}

export class InRooms extends Someone {
  readonly #chat: RoomChat;
  readonly #clan: Room;
  /** The same person with one more client. */
  readonly another: () => InRooms;

  constructor(userId: string, device: string, clanId: string, addresses: Addresses, random: () => number) {
    super(userId, device, random);
    this.#clan = clanRoom(clanId);
    this.another = () => new InRooms(userId, `${device}-another`, clanId, addresses, random);
    const { url, httpUrl, secret } = addresses;
    const token = () => signDevelopmentToken(secret, { userId, name: userId, clanId, seconds: 3_600 });
    this.#chat = new RoomChat({ url, httpUrl, token, backoff: BACKOFF });
    this.#chat.on('message', ({ room, message: { n, _id: id } }) => {
      this.told(this.#room(room), { n, id });
    });
    this.#chat.on('reset', ({ room, messages }) => {
      this.reset(
        this.#room(room),
        messages.map(({ n, _id: id }) => ({ n, id })),
      );
    });
    this.#chat.connect();
  }

  get isConnected(): boolean {
    return this.#chat.state.state === 'connected';
  }

  disconnect(): void {
    this.#chat.disconnect();
  }

  isAt(lastN: (room: Room) => number): boolean {
    return [GLOBAL_ROOM, this.#clan].every((room) => this.lastOf(room) === lastN(room));
  }

  /** The same command once more. */
  repeat({ room, content, commandId }: Command): Promise<string> {
    return this.#chat.send(room === GLOBAL_ROOM ? 'global' : 'clan', content!, { id: commandId });
  }

  protected act(random: () => number): void {
    const dice = random();
    const name: RoomName = dice < 0.02 ? 'global' : 'clan';
    const latest = this.#chat.latest(name);
    if (dice > 0.8 && latest.length > 0) {
      const { _id: id } = oneOf(random, latest.slice(-20));
      const emoji = oneOf(random, ['👍', '🎉', '']);
      this.give('reaction', this.#room(name), async () => {
        await this.#chat.react(name, id, emoji);
        return id;
      });
    } else {
      this.give('message', this.#room(name), (content, id) => this.#chat.send(name, content, { id }));
    }
  }

  #room(name: RoomName): Room {
    return name === 'global' ? GLOBAL_ROOM : this.#clan;
  }
}

export class InChats extends Someone {
  readonly #chat: DirectChat;
  readonly #rooms = new Map<number, { readonly room: Room; readonly receiver_id: number }>();

  constructor(
    private readonly number: number,
    private readonly partners: readonly number[],
    { url, httpUrl, secret }: Addresses,
    random: () => number,
  ) {
    super(String(number), '', random);
    const token = () => signDevelopmentToken(secret, { userId: number, seconds: 3_600 });
    this.#chat = new DirectChat({ url, httpUrl, token, backoff: BACKOFF });
    this.#chat.on('message', ({ chat_id, n, id, sender_id, receiver_id }) => {
      this.told(this.#roomWith(chat_id, sender_id === number ? receiver_id : sender_id), { n, id });
    });
    this.#chat.on('reset', ({ chatId, messages }) => {
      const known = this.#rooms.get(chatId);
      if (known) this.reset(known.room, messages);
    });
    this.#chat.connect();
  }

  get isConnected(): boolean {
    return this.#chat.state.state === 'connected';
  }

  disconnect(): void {
    this.#chat.disconnect();
  }

  get partnerIds(): string[] {
    return this.partners.map(String);
  }

  /** Opens all their chats. */
  async openAll(): Promise<void> {
    for (const partner of this.partners) {
      const { id } = await this.#chat.open(partner);
      this.#roomWith(id, partner);
    }
  }

  isAt(lastN: (room: Room) => number): boolean {
    return [...this.#rooms.values()].every(({ room }) => this.lastOf(room) === lastN(room));
  }

  protected act(random: () => number): void {
    const all = [...this.#rooms];
    if (all.length === 0) return;
    const [id, { room, receiver_id }] = oneOf(random, all);
    if (random() < 0.2) {
      this.give('seen', room, async () => {
        await this.#chat.seen(id);
        return '';
      });
    } else {
      this.give('message', room, (content, commandId) =>
        this.#chat.send({ id, receiver_id }, content, { id: commandId }),
      );
    }
  }

  #roomWith(chatId: number, partner: number): Room {
    const known = this.#rooms.get(chatId);
    if (known) return known.room;
    const room = directRoom(String(this.number), String(partner));
    this.#rooms.set(chatId, { room, receiver_id: partner });
    return room;
  }
}

/** Everybody, each with numbers of their own that follow from the seed. */
export function crowdOf(
  { clans, inRooms, chats, inChats }: Crowd,
  addresses: Addresses,
  randomOf: (who: number) => () => number,
): { readonly inRooms: readonly InRooms[]; readonly inChats: readonly InChats[] } {
  // The last of each clan is the first once more, on another device.
  const perClan = Math.max(2, Math.floor(inRooms / clans));
  const people = Array.from({ length: inRooms }, (_, i) => {
    const [clan, member] = [i % clans, Math.floor(i / clans)];
    const isSecond = member === perClan - 1;
    const userId = `c${clan}m${isSecond ? 0 : member}`;
    return new InRooms(userId, isSecond ? '-again' : '', String(clan), addresses, randomOf(i));
  });
  const partners = Array.from({ length: inChats }, () => new Set<number>());
  for (let i = 0; i < chats; i++) {
    const one = i % inChats;
    const other = (one + 1 + Math.floor(i / inChats)) % inChats;
    partners[one]!.add(other);
    partners[other]!.add(one);
  }
  return {
    inRooms: people,
    inChats: partners.map(
      (of, i) =>
        new InChats(
          i + 1,
          [...of].map((each) => each + 1),
          addresses,
          randomOf(inRooms + i),
        ),
    ),
  };
}
