import { Controller, Get, Inject, Param, Query as Parameters, UseInterceptors } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Static } from '@sinclair/typebox';
import { isBanned, publicRoom, type Room, roomIds, roomKind } from '#domain';
import { DirectChats, People } from '#event-store';
import { ErrorResponse, FromToken, WithToken } from '#http';
import { type Caller, notFound } from '#platform';
import { type MessageDocument, ServedTimeline, type MessagePart } from '#projections';
import {
  directMessageView,
  DirectMessageView,
  listOf,
  named,
  roomMessageView,
  RoomMessageView,
  shape,
} from '#protocol';
import { ChatPath } from './chats.controller.js';
import { InTurn } from './in-turn.js';
import { Id, Input } from './input.js';
import { next, partOf, PartParameters } from './message-part.js';

// GET /chat/messages/:messageId/thread and GET /chats/:id/messages/:messageId/thread: what was said in reply to a message, in
// the shapes of either API.

class MessagePath {
  @Id({ description: 'Any message of the thread.' })
  messageId!: string;
}

class ChatMessagePath extends ChatPath {
  @Id({ description: 'Any message of the thread.' })
  messageId!: string;
}

export const RoomThread = named(
  'RoomThread',
  shape({ root: RoomMessageView.ref, data: listOf(RoomMessageView.ref), next }),
);
export type RoomThread = Static<typeof RoomThread.ref>;

export const DirectThread = named(
  'DirectThread',
  shape({ root: DirectMessageView.ref, data: listOf(DirectMessageView.ref), next }),
);
export type DirectThread = Static<typeof DirectThread.ref>;

const noMessage = (messageId: string) => notFound('messageId', messageId, 'no such message');

class ReadRoomThread extends Query<RoomThread> {
  constructor(
    readonly userId: string,
    readonly messageId: string,
    readonly part: MessagePart,
  ) {
    super();
  }
}

@QueryHandler(ReadRoomThread)
export class ReadRoomThreadHandler implements IQueryHandler<ReadRoomThread> {
  constructor(
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(People) private readonly people: People,
  ) {}

  async execute({ userId, messageId, part }: ReadRoomThread): Promise<RoomThread> {
    const { queries: timeline } = await this.served.pin();
    const message = await timeline.message(messageId);
    if (!message || !(await this.mayRead(userId, message.room))) throw noMessage(messageId);
    const { root, replies, next } = await timeline.thread(message, part);
    const view = (each: MessageDocument) => roomMessageView(each, userId);
    return { root: view(root), data: replies.map(view), next };
  }

  /** As the history lets them. */
  private async mayRead(userId: string, room: Room): Promise<boolean> {
    if (roomKind(room) === 'direct') return roomIds(room).includes(userId);
    const [isIn, sanctions] = await Promise.all([
      roomKind(room) === 'global' || this.people.membership(userId).then((state) => publicRoom('clan', state) === room),
      this.people.sanctions(userId),
    ]);
    return isIn && !isBanned(sanctions, room);
  }
}

class ReadDirectThread extends Query<DirectThread> {
  constructor(
    readonly userId: string,
    readonly chatId: number,
    readonly messageId: string,
    readonly part: MessagePart,
  ) {
    super();
  }
}

@QueryHandler(ReadDirectThread)
export class ReadDirectThreadHandler implements IQueryHandler<ReadDirectThread> {
  constructor(
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(DirectChats) private readonly chats: DirectChats,
  ) {}

  async execute({ userId, chatId, messageId, part }: ReadDirectThread): Promise<DirectThread> {
    const chat = await this.chats.ofPerson(userId, chatId);
    if (!chat) throw notFound('id', chatId, 'no such chat');
    const { queries: timeline } = await this.served.pin();
    const message = await timeline.message(messageId);
    if (message?.room !== chat.room) throw noMessage(messageId);
    const { root, replies, next } = await timeline.thread(message, part);
    const receiptOf = await timeline.receipts(chat.room, [root, ...replies]);
    const view = (each: MessageDocument) => directMessageView(each, chatId, userId, receiptOf(each));
    return { root: view(root), data: replies.map(view), next };
  }
}

const SUMMARY = 'The thread of a message: the one that it began with, and the replies';
const DESCRIPTION =
  'A reply to a reply is in the same thread. Replies come newest first; with `after`, oldest first. `next` is the ' +
  '`before` or the `after` of the following page: a message number, so it stays right while messages come in.';

@ApiTags('Room chat')
@WithToken()
@UseInterceptors(InTurn)
@Controller('chat/messages')
export class RoomThreadsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':messageId/thread')
  @ApiOperation({ summary: SUMMARY, description: DESCRIPTION })
  @ApiOkResponse({ schema: RoomThread.ref })
  @ErrorResponse(400, 'A parameter is not what it must be, or both `before` and `after` are given.')
  @ErrorResponse(403, 'A service token reads no chats.')
  @ErrorResponse(
    404,
    'There is no such message, or it is in no room of the caller, or in one that they are banned from.',
  )
  @ErrorResponse(503, 'A server is away; try again after `Retry-After` seconds.')
  async thread(
    @Param(new Input(MessagePath, 'dropped')) { messageId }: MessagePath,
    @Parameters(new Input(PartParameters, 'dropped')) parameters: PartParameters,
    @FromToken() caller: Caller,
  ): Promise<RoomThread> {
    return this.queries.execute(new ReadRoomThread(caller.userId, messageId, partOf(parameters)));
  }
}

@ApiTags('Direct chat')
@WithToken()
@UseInterceptors(InTurn)
@Controller('chats/:id/messages')
export class DirectThreadsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':messageId/thread')
  @ApiOperation({ summary: SUMMARY, description: DESCRIPTION })
  @ApiOkResponse({ schema: DirectThread.ref })
  @ErrorResponse(400, 'A parameter is not what it must be, or both `before` and `after` are given.')
  @ErrorResponse(403, 'A service token reads no chats.')
  @ErrorResponse(404, 'There is no such chat or no such message in it, or the chat is not one of the caller.')
  @ErrorResponse(503, 'A server is away; try again after `Retry-After` seconds.')
  async thread(
    @Param(new Input(ChatMessagePath, 'dropped')) { id, messageId }: ChatMessagePath,
    @Parameters(new Input(PartParameters, 'dropped')) parameters: PartParameters,
    @FromToken() caller: Caller,
  ): Promise<DirectThread> {
    return this.queries.execute(new ReadDirectThread(caller.userId, Number(id), messageId, partOf(parameters)));
  }
}
