import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { otherSide, refused } from '#domain';
import { Chats } from '#event-store';
import { type ChatSource, type DirectMessageView, directMessageView } from '#protocol';
import { Served, type ServedTimeline } from '#read-models';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import type { Caller, Refused } from './command.js';

/** The latest messages of a direct chat, oldest first. */
export class ChatMessages extends Query<Refused | DirectMessageView[]> {
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
    @Inject(Chats) private readonly chats: Chats,
    @Inject(Served) private readonly served: ServedTimeline,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  async execute({ caller, chatId }: ChatMessages): Promise<Refused | DirectMessageView[]> {
    const { userId } = caller.person;
    await caller.admit();
    const chat = await this.chats.byId(chatId);
    const other = chat && otherSide(chat.users, userId);
    if (!chat || other === null) return refused('not_found', 'no such chat', 'chat_id');
    const { room } = chat;
    const { queries: timeline } = await this.served.pin();
    const messages = (await timeline.page(room, { limit: this.settings.chatMessagesMax })).reverse();
    const own = messages.filter(({ sender }) => sender.id === userId);
    const theirs = messages.filter(({ sender }) => sender.id !== userId);
    const [seenByThem, seenByMe] = await Promise.all([
      timeline.seenAt(room, other, own),
      timeline.seenAt(room, userId, theirs),
    ]);
    return messages.map((message) => {
      const seenAt = (message.sender.id === userId ? seenByThem : seenByMe)(message.n);
      return directMessageView(message, chatId, seenAt);
    });
  }
}

/** The latest direct chats of a person, latest first. */
export class ChatsOf extends Query<readonly ChatSource[]> {
  constructor(readonly caller: Caller) {
    super();
  }
}

@QueryHandler(ChatsOf)
export class ChatsOfHandler implements IQueryHandler<ChatsOf> {
  constructor(
    @Inject(Served) private readonly served: ServedTimeline,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  async execute({ caller }: ChatsOf): Promise<readonly ChatSource[]> {
    const { queries: timeline } = await this.served.pin();
    return timeline.inbox(caller.person.userId, { limit: this.settings.chatsMax });
  }
}
