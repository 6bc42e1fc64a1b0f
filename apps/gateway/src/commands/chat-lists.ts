import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { refused, type Room, type Refused } from '#domain';
import { DirectChats } from '#event-store';
import { type ChatListEntryView, chatView, type DirectMessageView, directMessageView } from '#protocol';
import { ServedTimeline } from '#projections';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import type { Caller } from './command.js';

/** How many are read and shown together: between two parts, others have their turn. */
const PART = 100;

/** The latest messages of a direct chat, oldest first, part by part. */
export class ChatMessages extends Query<Refused | AsyncIterable<readonly DirectMessageView[]>> {
  constructor(
    readonly caller: Caller,
    readonly chatId: number,
  ) {
    super();
  }
}

@QueryHandler(ChatMessages)
export class ChatMessagesHandler implements IQueryHandler<ChatMessages> {
  constructor(
    @Inject(DirectChats) private readonly chats: DirectChats,
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  async execute({ caller, chatId }: ChatMessages): Promise<Refused | AsyncIterable<readonly DirectMessageView[]>> {
    const { userId } = caller.person;
    await caller.admit();
    const chat = await this.chats.ofPerson(userId, chatId);
    return chat ? this.read(chat.room, chatId, userId) : refused('not_found', 'no such chat', 'chat_id');
  }

  private async *read(room: Room, chatId: number, viewer: string): AsyncGenerator<readonly DirectMessageView[]> {
    const { queries: timeline } = await this.served.pin();
    const last = await timeline.lastN(room);
    if (last === 0) return;
    let after = Math.max(0, last - this.settings.chatMessagesMax);
    const receiptOf = await timeline.receipts(room, [{ n: after + 1 }, { n: last }]);
    for (; after < last; after += PART) {
      const messages = await timeline.pageAfter(room, { after, limit: Math.min(PART, last - after) });
      yield messages.map((message) => directMessageView(message, chatId, viewer, receiptOf(message)));
    }
  }
}

/** The latest direct chats of a person, latest first, part by part. */
export class ChatsOf extends Query<AsyncIterable<readonly ChatListEntryView[]>> {
  constructor(readonly caller: Caller) {
    super();
  }
}

@QueryHandler(ChatsOf)
export class ChatsOfHandler implements IQueryHandler<ChatsOf> {
  constructor(
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  execute({ caller }: ChatsOf): Promise<AsyncIterable<readonly ChatListEntryView[]>> {
    return Promise.resolve(this.read(caller.person.userId));
  }

  /** Read at once: in pages, a chat in which something happens meanwhile would be in none. */
  private async *read(userId: string): AsyncGenerator<readonly ChatListEntryView[]> {
    const { queries: timeline } = await this.served.pin();
    const chats = await timeline.inbox(userId, { limit: this.settings.chatsMax });
    for (let i = 0; i < chats.length; i += PART) yield chats.slice(i, i + PART).map(chatView);
  }
}
