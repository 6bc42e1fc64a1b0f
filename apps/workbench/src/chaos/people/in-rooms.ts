import { RoomChat, type RoomMessage, type RoomName } from '#client';
import { clanRoom, GLOBAL_ROOM, type Room } from '#domain';
import { signDevelopmentToken } from '#platform';
import { oneOf } from '../../seeded-random.js';
import type { Command, Shown } from '../evidence.js';
import { type Addresses, BACKOFF, Someone } from './someone.js';

const shown = ({ n, _id: id, content: text, deleted }: RoomMessage): Shown => ({
  ...{ n, id, text, isDeleted: deleted === true },
});

/** Somebody in the global room and in a clan. */
export class InRooms extends Someone {
  readonly clan: Room;
  /** The same person with one more client. */
  readonly another: () => InRooms;
  readonly #chat: RoomChat;

  constructor(userId: string, device: string, clanId: string, addresses: Addresses, random: () => number) {
    super(userId, device, random);
    this.clan = clanRoom(clanId);
    this.another = () => new InRooms(userId, `${device}-another`, clanId, addresses, random);
    const { url, httpUrl, secret } = addresses;
    const name = `Name of ${userId}`;
    const token = () => signDevelopmentToken(secret, { userId, name, clanId, seconds: 3_600 });
    this.#chat = new RoomChat({ url, httpUrl, token, backoff: BACKOFF });
    this.#chat.on('message', ({ room, message }) => {
      this.told('message', this.#room(room), shown(message));
    });
    // A reaction tells what its message says as well.
    for (const event of ['change', 'reaction'] as const) {
      this.#chat.on(event, ({ room, message }) => {
        this.told('change', this.#room(room), shown(message));
      });
    }
    this.#chat.on('reset', ({ room, messages }) => {
      this.reset(this.#room(room), messages.map(shown));
    });
    this.#chat.connect();
  }

  get isConnected(): boolean {
    return this.#chat.state.state === 'connected';
  }

  get rooms(): readonly Room[] {
    return [GLOBAL_ROOM, this.clan];
  }

  disconnect(): void {
    this.#chat.disconnect();
  }

  async read(room: Room): Promise<Shown[]> {
    const all: Shown[] = [];
    for await (const message of this.#chat.history(room === GLOBAL_ROOM ? 'global' : 'clan')) all.push(shown(message));
    return all.reverse();
  }

  /** The same command once more. */
  repeat({ room, content, commandId }: Command): Promise<string> {
    return this.#chat.send(room === GLOBAL_ROOM ? 'global' : 'clan', content!, { id: commandId });
  }

  protected get pending(): RoomChat['pending'] {
    return this.#chat.pending;
  }

  protected act(random: () => number): void {
    const name: RoomName = random() < 0.02 ? 'global' : 'clan';
    const room = this.#room(name);
    const dice = random();
    const isOwn = this.changesOwn(random, dice, room, {
      delete: (mine) => this.#chat.delete(name, mine),
      edit: (mine, text) => this.#chat.edit(name, mine, text),
    });
    if (isOwn) return;
    if (dice > 0.82 && this.#chat.latest(name).length > 0) {
      const { _id: target } = oneOf(random, this.#chat.latest(name).slice(-20));
      const emoji = oneOf(random, ['👍', '🎉', '']);
      this.give({ kind: 'reaction', room, target }, async () => {
        await this.#chat.react(name, target, emoji);
        return target;
      });
    } else {
      this.give({ kind: 'message', room }, (text, id) => this.#chat.send(name, text, { id }));
    }
  }

  #room(name: RoomName): Room {
    return name === 'global' ? GLOBAL_ROOM : this.clan;
  }
}
