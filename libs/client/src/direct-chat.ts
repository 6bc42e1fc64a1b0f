import { Chat, type ChatEvents, type ChatOptions } from './chat.js';
import type { Frame } from './connection.js';
import { type Follower, Messages, type Position } from './follower.js';
import { addressOf } from './http.js';
import type { SendOptions } from './room-chat.js';
import type { DirectChatEntry, DirectFrame, DirectMessage, SeenFrame } from './direct-frames.js';
import { userIdOf } from './token.js';
import { Typers } from './typers.js';

export interface DirectChatEvents extends ChatEvents {
  /**
   * Each message of each chat once, in the order of the chat; not those of before the first connect, and not those that
   * say nothing any more when they are told, or come from somebody who is blocked.
   */
  message: DirectMessage;
  /** The chats, the latest first: after each connect, and whenever one of them has changed. */
  chats: readonly DirectChatEntry[];
  /**
   * A message that was edited or deleted, as it now is, or one that says nothing from the first on, in its place; whether
   * it was seen, as far as is known here.
   */
  change: DirectMessage;
  /** Whether the other side of a chat types at this moment: asked for by `subscribe('typing')`. */
  typing: { readonly chatId: number; readonly isTyping: boolean };
  /** The other side has seen a chat up to its message `n`: asked for by `subscribe('seen')`. */
  seen: { readonly chatId: number; readonly n: number; readonly seenAt: string };
  /** The latest messages of a chat, oldest first, in the place of all that was known of it: after a long time away. */
  reset: { readonly chatId: number; readonly messages: readonly DirectMessage[] };
}

export interface DirectChatOptions extends ChatOptions {
  /** Whose token it is, where it is not one of `player_id`, `user_id` and `sub` that says so. */
  readonly userId?: number;
}

/** How many rooms the server resumes by one frame. */
const ROOMS_AT_ONCE = 100;
const PAGE = 50;

const keyOf = (chatId: number): string => `direct:${chatId}`;

/** The chats of two people that a person has. */
export class DirectChat extends Chat<DirectChatEvents, DirectMessage> {
  readonly #chats = new Map<number, DirectChatEntry>();
  readonly #typers = new Typers<number, number>((chatId) => {
    this.emit('typing', { chatId, isTyping: this.isTyping(chatId) });
  });
  #userId = 0;
  /** Those that there were when they were first listed; null before. One that is new later is followed from its beginning. */
  #listed: ReadonlySet<string> | null = null;
  #isListing = false;

  constructor(protected override readonly options: DirectChatOptions) {
    super(options, (token) => {
      const userId = String(options.userId ?? userIdOf(token));
      this.#userId = Number(userId);
      return addressOf(options.url, 'ws', '/ws', { userId, token });
    });
  }

  /** The chats that are known, the latest first. */
  get chats(): readonly DirectChatEntry[] {
    return [...this.#chats.values()].sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  }

  /** From now on the latest messages of a chat are kept up to date, see {@link latest}; a `reset` says when they are there. */
  show(chatId: number): void {
    const key = keyOf(chatId);
    if (this.messages.has(key)) return;
    this.messages.set(key, new Messages());
    if (this.followers.has(key)) this.#follow(chatId);
    this.resume([key]);
  }

  /** The latest messages of a chat that is shown, oldest first; another array whenever anything has changed. */
  latest(chatId: number): readonly DirectMessage[] {
    return this.messages.get(keyOf(chatId))?.list ?? [];
  }

  /** Opens the chat with somebody, or finds it. @throws CommandRefused */
  async open(receiverId: number): Promise<DirectChatEntry> {
    const { answer } = await this.outbox.request('create_chat', { receiver_id: receiverId });
    const chat = answer as DirectChatEntry;
    this.#keep(chat);
    return chat;
  }

  /**
   * Writes to the other side; resolves with the message's `id` once it is stored, for however long there is no
   * connection.
   * @throws CommandRefused
   */
  async send(
    { id: chat_id, receiver_id }: Pick<DirectChatEntry, 'id' | 'receiver_id'>,
    message: string,
    { replyTo, id, traceparent }: Omit<SendOptions, 'feeling'> = {},
  ): Promise<string> {
    const data = { chat_id, receiver_id, message, reply_to: replyTo };
    const { ack } = await this.outbox.send('create_message', data, id, traceparent);
    return ack['message_id'] as string;
  }

  /** Changes what a message of one's own says, while the server lets one. @throws CommandRefused */
  async edit(chatId: number, messageId: string, message: string): Promise<void> {
    await this.outbox.send('edit_message', { chat_id: chatId, message_id: messageId, message });
  }

  /** Takes a message of one's own back. @throws CommandRefused */
  async delete(chatId: number, messageId: string): Promise<void> {
    await this.outbox.send('delete_message', { chat_id: chatId, message_id: messageId });
  }

  /**
   * From now on one is shown nothing of what the other side of a chat says: each of their messages is as one that was
   * deleted. @throws CommandRefused
   */
  block(chatId: number): Promise<void> {
    return this.#setBlocked(chatId, true);
  }

  /** From now on one is shown it again; what was said meanwhile stays hidden. @throws CommandRefused */
  unblock(chatId: number): Promise<void> {
    return this.#setBlocked(chatId, false);
  }

  /** Says that one types, as often as a key is pressed: the other side is told every two seconds, and sees it for five. */
  typing(chatId: number): void {
    if (this.#typers.isDue(chatId)) this.tell('typing', { chat_id: chatId });
  }

  /** Whether the other side of a chat types at this moment. See {@link subscribe}. */
  isTyping(chatId: number): boolean {
    return this.#typers.in(chatId).length > 0;
  }

  /** All that is in the chat by now was seen. @throws CommandRefused */
  async seen(chatId: number): Promise<void> {
    await this.outbox.send('seen_message', { chat_id: chatId });
    const chat = this.#chats.get(chatId);
    if (chat) this.#keep({ ...chat, unread_count: 0 });
  }

  /**
   * The messages of a chat, newest first, page by page as they are asked for.
   * @param before only those below this `n`
   * @throws RequestFailed
   */
  async *history(chatId: number, before?: number): AsyncGenerator<DirectMessage, void> {
    while (before !== 1) {
      const messages: readonly DirectMessage[] = await this.#page(chatId, before);
      if (messages.length === 0) return;
      yield* messages;
      before = messages.at(-1)!.n;
    }
  }

  /** The thread that a message of a chat is in, as {@link RoomChat.thread} has it. @throws RequestFailed */
  thread(chatId: number, messageId: string): AsyncGenerator<DirectMessage, void> {
    return this.readThread(`/chats/${chatId}/messages/${messageId}/thread`);
  }

  protected override opened(): void {
    this.#readList();
    this.#resumeAll(this.followers.keys());
  }

  protected override heard(frame: Frame): void {
    const { event, data } = frame as unknown as DirectFrame;
    if (event === 'presence') this.heardPresence(data);
    if (event === 'typing') this.#typers.add(data.chat_id, data.user_id, data.user_id);
    if (event === 'seen') this.#seen(data);
    if (event !== 'response_message' && event !== 'message_changed') return;
    const isNew = event === 'response_message';
    const known = isNew ? undefined : this.latest(data.chat_id).find(({ n }) => n === data.n);
    const message = { seen: known?.seen ?? false, seen_at: known?.seen_at ?? null, ...data };
    const position = frame['position'] as Position | undefined;
    this.#followerOf(message.chat_id).hear({ isNew, isEdit: !isNew, message, position });
  }

  #seen({ chat_id: chatId, user_id, n, seen_at: seenAt }: SeenFrame): void {
    this.messages
      .get(keyOf(chatId))
      ?.change((message) =>
        message.receiver_id === user_id && message.n <= n && !message.seen
          ? { ...message, seen: true, seen_at: seenAt }
          : message,
      );
    this.emit('seen', { chatId, n, seenAt });
  }

  async #setBlocked(chatId: number, isBlocked: boolean): Promise<void> {
    await this.outbox.send(isBlocked ? 'block_chat' : 'unblock_chat', { chat_id: chatId });
    const chat = this.#chats.get(chatId);
    if (!chat) return;
    const { blocked: _, ...rest } = chat;
    this.#keep(isBlocked ? { ...rest, blocked: true } : rest);
  }

  /** However many connections that takes. */
  #readList(): void {
    if (this.#isListing) return;
    this.#isListing = true;
    this.outbox
      .request('get_chats')
      .finally(() => (this.#isListing = false))
      .then(({ answer }) => {
        this.#list(answer as readonly DirectChatEntry[]);
      })
      // Refused for good, which `refused` tells: asked for again when it is needed the next time.
      .catch(() => undefined);
  }

  #list(chats: readonly DirectChatEntry[]): void {
    const unknown = chats.filter(({ id }) => !this.followers.has(keyOf(id)));
    this.#chats.clear();
    for (const chat of chats) this.#chats.set(chat.id, chat);
    for (const { id } of unknown) this.#follow(id);
    this.#listed ??= new Set(chats.map(({ id }) => keyOf(id)));
    this.#resumeAll(unknown.map(({ id }) => keyOf(id)));
    this.emit('chats', this.chats);
  }

  #resumeAll(keys: Iterable<string>): void {
    const all = [...keys];
    for (let i = 0; i < all.length; i += ROOMS_AT_ONCE) this.resume(all.slice(i, i + ROOMS_AT_ONCE));
  }

  /** Of a chat that was opened after the list was read, everything is news. */
  protected override positionOf(key: string): object | null {
    const isNews = this.#listed && !this.#listed.has(key) && !this.messages.has(key);
    return super.positionOf(key) ?? (isNews ? { n: 0, rev: 0 } : null);
  }

  #followerOf(chatId: number): Follower<DirectMessage> {
    const known = this.followers.get(keyOf(chatId));
    if (known) return known;
    const follower = this.#follow(chatId);
    this.resume([keyOf(chatId)]);
    return follower;
  }

  #follow(chatId: number): Follower<DirectMessage> {
    return this.follow(keyOf(chatId), {
      idOf: ({ id }) => id,
      latest: async () => (await this.#page(chatId)).slice().reverse(),
      told: ({ isNew, message }) => {
        if (!isNew || message.deleted) {
          this.emit('change', message);
          this.#changed(message);
          return;
        }
        this.#typers.remove(chatId, message.sender_id);
        this.emit('message', message);
        this.#counted(message);
      },
      reset: (messages) => {
        this.emit('reset', { chatId, messages });
      },
    });
  }

  /** The list shows the last message of each chat. */
  #changed(message: DirectMessage): void {
    const chat = this.#chats.get(message.chat_id);
    if (chat?.last_message?.n === message.n) this.#keep({ ...chat, last_message: message });
  }

  #counted(message: DirectMessage): void {
    const chat = this.#chats.get(message.chat_id);
    // Somebody has opened it meanwhile.
    if (!chat) this.#readList();
    if (!chat || message.n <= (chat.last_message?.n ?? 0)) return;
    const isRead = message.sender_id === this.#userId;
    const unread_count = chat.unread_count + (isRead ? 0 : 1);
    this.#keep({ ...chat, last_message: message, unread_count, updated_at: message.created_at });
  }

  #keep(chat: DirectChatEntry): void {
    this.#chats.set(chat.id, chat);
    this.emit('chats', this.chats);
  }

  async #page(chatId: number, before?: number): Promise<readonly DirectMessage[]> {
    const query = { limit: String(PAGE), ...(before !== undefined && { before: String(before) }) };
    return (await this.get<{ data: readonly DirectMessage[] }>(`/chats/${chatId}/messages`, query)).data;
  }
}
