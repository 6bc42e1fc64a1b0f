import { DirectChat, type DirectMessage } from '#client';
import { directRoom, type Room } from '#domain';
import { signDevelopmentToken } from '#platform';
import { oneOf } from '../../seeded-random.js';
import type { Shown } from '../evidence.js';
import { type Addresses, BACKOFF, Someone } from './someone.js';

const shown = ({ n, id, message: text, deleted }: DirectMessage): Shown => ({
  ...{ n, id, text, isDeleted: deleted === true },
});

/** Somebody with direct chats. */
export class InChats extends Someone {
  readonly #chat: DirectChat;
  readonly #rooms = new Map<number, { readonly room: Room; readonly receiver_id: number }>();
  /** The chats whose other side they block. */
  readonly #blocking = new Set<number>();

  constructor(
    private readonly number: number,
    private readonly partners: readonly number[],
    { url, httpUrl, secret }: Addresses,
    random: () => number,
  ) {
    super(String(number), '', random);
    const name = `Name of ${number}`;
    const token = () => signDevelopmentToken(secret, { userId: number, name, seconds: 3_600 });
    this.#chat = new DirectChat({ url, httpUrl, token, backoff: BACKOFF });
    for (const event of ['message', 'change'] as const) {
      this.#chat.on(event, (message) => {
        this.told(event, this.#roomOf(message), shown(message));
      });
    }
    this.#chat.on('reset', ({ chatId, messages }) => {
      const known = this.#rooms.get(chatId);
      if (known) this.reset(known.room, messages.map(shown));
    });
    this.#chat.on('chats', (chats) => {
      for (const { last_message: last } of chats) if (last) this.history.listed.add(last.message);
    });
    this.#chat.connect();
  }

  get isConnected(): boolean {
    return this.#chat.state.state === 'connected';
  }

  get rooms(): readonly Room[] {
    return [...this.#rooms.values()].map(({ room }) => room);
  }

  get partnerIds(): string[] {
    return this.partners.map(String);
  }

  disconnect(): void {
    this.#chat.disconnect();
  }

  async read(room: Room): Promise<Shown[]> {
    const [chatId] = [...this.#rooms].find(([, each]) => each.room === room)!;
    const all: Shown[] = [];
    for await (const message of this.#chat.history(chatId)) all.push(shown(message));
    return all.reverse();
  }

  /** Opens all their chats. */
  async openAll(): Promise<void> {
    for (const partner of this.partners) {
      const { id } = await this.#chat.open(partner);
      this.#roomWith(id, partner);
    }
  }

  protected get pending(): DirectChat['pending'] {
    return this.#chat.pending;
  }

  protected act(random: () => number): void {
    const all = [...this.#rooms];
    if (all.length === 0) return;
    const [id, { room, receiver_id }] = oneOf(random, all);
    const dice = random();
    const isOwn = this.changesOwn(random, dice, room, {
      delete: (mine) => this.#chat.delete(id, mine),
      edit: (mine, text) => this.#chat.edit(id, mine, text),
    });
    if (isOwn) return;
    if (dice < 0.24) {
      this.#setBlocked(id, room, !this.#blocking.has(id));
    } else if (dice < 0.42) {
      this.give({ kind: 'seen', room }, async () => {
        await this.#chat.seen(id);
        return '';
      });
    } else {
      this.give({ kind: 'message', room }, (text, commandId) =>
        this.#chat.send({ id, receiver_id }, text, { id: commandId }),
      );
    }
  }

  #setBlocked(chatId: number, room: Room, isBlocked: boolean): void {
    if (isBlocked) this.#blocking.add(chatId);
    else this.#blocking.delete(chatId);
    this.give({ kind: isBlocked ? 'block' : 'unblock', room }, async () => {
      await (isBlocked ? this.#chat.block(chatId) : this.#chat.unblock(chatId));
      return '';
    });
  }

  #roomOf({ chat_id, sender_id, receiver_id }: DirectMessage): Room {
    return this.#roomWith(chat_id, sender_id === this.number ? receiver_id : sender_id);
  }

  #roomWith(chatId: number, partner: number): Room {
    const known = this.#rooms.get(chatId);
    if (known) return known.room;
    const room = directRoom(String(this.number), String(partner));
    this.#rooms.set(chatId, { room, receiver_id: partner });
    return room;
  }
}
