import { Controller, Get, Inject, Param, Query as Parameters, UseInterceptors } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Static } from '@sinclair/typebox';
import { DirectChats } from '#event-store';
import { ErrorResponse, FromToken, WithToken } from '#http';
import { type Caller, notFound } from '#platform';
import { chatView, ChatListEntryView, directMessageView, DirectMessageView, listOf, named, shape } from '#protocol';
import { ServedTimeline, type MessagePart } from '#projections';
import { InTurn } from './in-turn.js';
import { Input, NumberText } from './input.js';
import { MAX_NUMBER, next, partOf, PartParameters } from './message-part.js';

// GET /chats and GET /chats/:id/messages: the direct chats of the caller, in the shapes of the direct API.

export class ChatPath {
  @NumberText(1, MAX_NUMBER)
  id!: string;
}

class ListParameters {
  @NumberText(1, MAX_NUMBER, { optional: true, description: 'The `next` of the page before.' })
  before?: string;

  @NumberText(1, 200, { default: 50 })
  limit?: string;
}

export const ChatList = named('ChatList', shape({ data: listOf(ChatListEntryView.ref), next }));
export type ChatList = Static<typeof ChatList.ref>;

export const MessagePage = named('MessagePage', shape({ data: listOf(DirectMessageView.ref), next }));
export type MessagePage = Static<typeof MessagePage.ref>;

/** The caller's chats, latest first: from the latest one on, or from below a cursor. */
class ListChats extends Query<ChatList> {
  constructor(
    readonly userId: string,
    readonly before: number | undefined,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(ListChats)
export class ListChatsHandler implements IQueryHandler<ListChats> {
  constructor(@Inject(ServedTimeline) private readonly served: ServedTimeline) {}

  async execute({ userId, before, limit }: ListChats): Promise<ChatList> {
    const { queries: timeline } = await this.served.pin();
    const chats = await timeline.inbox(userId, { limit, ...(before !== undefined && { before }) });
    return { data: chats.map(chatView), next: chats.length < limit ? null : chats.at(-1)!.updatedSeq };
  }
}

class ReadMessages extends Query<MessagePage> {
  constructor(
    readonly userId: string,
    readonly chatId: number,
    readonly part: MessagePart,
  ) {
    super();
  }
}

@QueryHandler(ReadMessages)
export class ReadMessagesHandler implements IQueryHandler<ReadMessages> {
  constructor(
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(DirectChats) private readonly chats: DirectChats,
  ) {}

  async execute({ userId, chatId, part: { before, after, limit } }: ReadMessages): Promise<MessagePage> {
    const chat = await this.chats.ofPerson(userId, chatId);
    if (!chat) throw notFound('id', chatId, 'no such chat');
    const { queries: timeline } = await this.served.pin();
    const messages =
      after === null
        ? await timeline.page(chat.room, { limit, ...(before !== undefined && { before }) })
        : await timeline.pageAfter(chat.room, { after, limit });
    const receiptOf = await timeline.receipts(chat.room, messages);
    const last = messages.at(-1)?.n ?? 0;
    const isEnd = messages.length < limit || (after === null && last === 1);
    return {
      data: messages.map((message) => directMessageView(message, chatId, userId, receiptOf(message))),
      next: isEnd ? null : last,
    };
  }
}

@ApiTags('Direct chat')
@WithToken()
@UseInterceptors(InTurn)
@Controller('chats')
export class ChatsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @ApiOperation({
    summary: 'The direct chats of the caller, latest first',
    description:
      '`next` is the `before` of the following page. A chat in which something happens meanwhile moves up: it is on no ' +
      'page twice, and on none of those that follow.',
  })
  @ApiOkResponse({ schema: ChatList.ref })
  @ErrorResponse(400, 'A parameter is not what it must be.')
  @ErrorResponse(403, 'A service token reads no chats.')
  @ErrorResponse(503, 'A server is away; try again after `Retry-After` seconds.')
  async list(
    @Parameters(new Input(ListParameters, 'dropped')) { before, limit }: ListParameters,
    @FromToken() caller: Caller,
  ): Promise<ChatList> {
    const from = before === undefined ? undefined : Number(before);
    return this.queries.execute(new ListChats(caller.userId, from, Number(limit ?? 50)));
  }

  @Get(':id/messages')
  @ApiOperation({
    summary: 'The messages of a chat',
    description:
      'Newest first; with `after`, oldest first. `next` is the `before` or the `after` of the following page: a ' +
      'message number, so it stays right while messages come in.',
  })
  @ApiOkResponse({ schema: MessagePage.ref })
  @ErrorResponse(400, 'A parameter is not what it must be, or both `before` and `after` are given.')
  @ErrorResponse(403, 'A service token reads no chats.')
  @ErrorResponse(404, 'There is no such chat, or it is not one of the caller.')
  @ErrorResponse(503, 'A server is away; try again after `Retry-After` seconds.')
  async messages(
    @Param(new Input(ChatPath, 'dropped')) { id }: ChatPath,
    @Parameters(new Input(PartParameters, 'dropped')) parameters: PartParameters,
    @FromToken() caller: Caller,
  ): Promise<MessagePage> {
    return this.queries.execute(new ReadMessages(caller.userId, Number(id), partOf(parameters)));
  }
}
