import { Chat, type ChatEvents, type ChatOptions } from './chat.js';
import type { Frame } from './connection.js';
import { type Follower, Messages, type Position } from './follower.js';
import { addressOf } from './http.js';
import { Typers } from './typers.js';

export type RoomName = 'global' | 'clan';

/** Somebody as messages show them. */
export interface Person {
  readonly _id: string;
  readonly name: string;
  readonly avatar: unknown;
}

/** A message of the room API, as it is now. */
export interface RoomMessage {
  readonly _id: string;
  readonly clan_id?: string;
  readonly sender: Person;
  readonly content: string;
  readonly type: 'global' | 'clan' | 'private';
  readonly feeling?: string;
  readonly reactions: readonly { readonly playerName: string; readonly emoji: string }[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** Where it was edited: when last. */
  readonly editedAt?: string;
  /** It was taken back; its content is empty. */
  readonly deleted?: true;
  /** Where it is a reply: the `_id` of the message that it is one to. */
  readonly reply_to?: string;
  /** Its number within the room, from 1 and without holes, and the room's number of its last change. */
  readonly n: number;
  readonly rev: number;
}

export interface SendOptions {
  readonly feeling?: string;
  /** The message of the same room or chat that it is a reply to. */
  readonly replyTo?: string;
  /** An id of your own: the same again is the same message. */
  readonly id?: string;
  /** The trace that it is a part of, as W3C Trace Context has it: for servers that trace. */
  readonly traceparent?: string;
}

export interface RoomChatEvents extends ChatEvents {
  /** Each message once, in the order of the room. */
  message: { readonly room: RoomName; readonly message: RoomMessage };
  /** A message that changed: `reactions` as they now are. */
  reaction: { readonly room: RoomName; readonly message: RoomMessage };
  /** A message that was edited or deleted, as it now is. */
  change: { readonly room: RoomName; readonly message: RoomMessage };
  /** Who else types in a room at this moment: asked for by `subscribe('typing')`. */
  typing: { readonly room: RoomName; readonly people: readonly Person[] };
  /** The latest messages, oldest first, in the place of all that was known of the room: at first, and after a long time away. */
  reset: { readonly room: RoomName; readonly messages: readonly RoomMessage[] };
}

export interface RoomChatOptions extends ChatOptions {
  /** How many messages a `reset` holds, 1 to 50; 50 by default. */
  readonly pageSize?: number;
}

type RoomFrame = { readonly chat: RoomName } & (
  | {
      readonly event: 'newMessage' | 'newReaction' | 'messageChanged';
      readonly message: RoomMessage;
      readonly position?: Position;
    }
  | { readonly event: 'typing'; readonly user: Person }
  | { readonly event: 'presence'; readonly online: readonly string[]; readonly offline: readonly string[] }
);

/** The rooms that a person is in: the global one, and their clan's. */
export class RoomChat extends Chat<RoomChatEvents, RoomMessage> {
  readonly #typers = new Typers<RoomName, Person>((room) => {
    this.emit('typing', { room, people: this.typers(room) });
  });
  /** Whose clan's room is followed. */
  #clanId: string | undefined;

  constructor(protected override readonly options: RoomChatOptions) {
    super(options, (token) => addressOf(options.url, 'ws', '/ws/chat', { token }));
    for (const room of ['global', 'clan'] as const) {
      this.messages.set(room, new Messages());
      this.#follow(room);
    }
  }

  /** The latest messages of a room as they are now, oldest first; another array whenever anything has changed. */
  latest(room: RoomName): readonly RoomMessage[] {
    return this.messages.get(room)!.list;
  }

  /**
   * Says something; resolves with the message's `_id` once it is stored, for however long there is no connection.
   * @throws CommandRefused
   */
  async send(
    room: RoomName,
    content: string,
    { feeling, replyTo, id, traceparent }: SendOptions = {},
  ): Promise<string> {
    const data = { content, feeling, reply_to: replyTo };
    const { ack } = await this.outbox.send(`${room}Message`, data, id, traceparent);
    return ack['message_id'] as string;
  }

  /** Changes what a message of one's own says, while the server lets one. @throws CommandRefused */
  async edit(room: RoomName, messageId: string, content: string): Promise<void> {
    await this.outbox.send(`${room}MessageEdit`, { message_id: messageId, content });
  }

  /** Takes a message of one's own back. @throws CommandRefused */
  async delete(room: RoomName, messageId: string): Promise<void> {
    await this.outbox.send(`${room}MessageDelete`, { message_id: messageId });
  }

  /** Says that one types, as often as a key is pressed: others are told every two seconds, and see it for five. */
  typing(room: RoomName): void {
    if (this.#typers.isDue(room)) this.tell('typing', { room });
  }

  /** Who else types in a room at this moment. See {@link subscribe}. */
  typers(room: RoomName): readonly Person[] {
    return this.#typers.in(room);
  }

  /** Reacts to a message; an empty emoji takes the reaction back. @throws CommandRefused */
  async react(room: RoomName, messageId: string, emoji: string): Promise<void> {
    await this.outbox.send(`${room}MessageReaction`, { message_id: messageId, emoji });
  }

  /**
   * The messages of a room, newest first, page by page as they are asked for.
   * @param before only those below this `n`
   * @throws RequestFailed
   */
  async *history(room: RoomName, before?: number): AsyncGenerator<RoomMessage, void> {
    while (before !== 1) {
      const messages = await this.#page(room, 50, before);
      if (messages.length === 0) return;
      yield* messages;
      before = messages.at(-1)!.n;
    }
  }

  /**
   * The thread that a message is in: the one that it began with, and the replies, oldest first, page by page as they
   * are asked for.
   * @throws RequestFailed
   */
  thread(messageId: string): AsyncGenerator<RoomMessage, void> {
    return this.readThread(`/chat/messages/${messageId}/thread`);
  }

  protected override opened(): void {
    this.resume(this.followers.keys());
  }

  protected override positionOf(key: string): object | null {
    const position = super.positionOf(key);
    return position && key === 'clan' ? { ...position, clan_id: this.#clanId } : position;
  }

  protected override heard(frame: Frame): void {
    // The dialect of some servers has the same once more within.
    const told = (typeof frame['chat'] === 'string' ? frame : frame['message']) as RoomFrame | undefined;
    const follower = this.followers.get(told?.chat ?? '');
    if (!told || !follower) return;
    if (told.event === 'presence') {
      this.heardPresence(told);
      return;
    }
    if (told.event === 'typing') {
      this.#typers.add(told.chat, told.user._id, told.user);
      return;
    }
    const { chat, event, message, position } = told;
    const isEdit = event === 'messageChanged';
    this.#followerOf(chat, message, follower).hear({ isNew: event === 'newMessage', isEdit, message, position });
  }

  #follow(room: RoomName): Follower<RoomMessage> {
    return this.follow(room, {
      idOf: ({ _id }) => _id,
      latest: async () => {
        const messages = (await this.#page(room, this.options.pageSize ?? 50)).reverse();
        if (room === 'clan') this.#clanId = messages.at(-1)?.clan_id;
        return messages;
      },
      told: ({ isNew, isEdit, message }) => {
        if (isNew) this.#typers.remove(room, message.sender._id);
        this.emit(isNew ? 'message' : isEdit ? 'change' : 'reaction', { room, message });
      },
      reset: (messages) => {
        this.emit('reset', { room, messages });
      },
    });
  }

  /** Whoever is in another clan than before follows another room, from anew. */
  #followerOf(room: RoomName, { clan_id }: RoomMessage, follower: Follower<RoomMessage>): Follower<RoomMessage> {
    if (room !== 'clan' || clan_id === this.#clanId) return follower;
    const isFirst = this.#clanId === undefined;
    this.#clanId = clan_id;
    if (isFirst) return follower;
    const anew = this.#follow('clan');
    this.resume(['clan']);
    return anew;
  }

  async #page(room: RoomName, limit: number, before?: number): Promise<RoomMessage[]> {
    const query = { type: room, limit: String(limit), ...(before !== undefined && { before: String(before) }) };
    return (await this.get<{ data: { ChatMessage: RoomMessage[] } }>('/chat/history', query)).data.ChatMessage;
  }
}
