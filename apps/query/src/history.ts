import { Controller, Get, Inject, Query as Parameters, UseInterceptors } from '@nestjs/common';
import { Query, QueryBus, type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { type Static, Type } from '@sinclair/typebox';
import { IsIn, IsOptional, ValidateIf } from 'class-validator';
import { directRoom, GLOBAL_ROOM, publicRoom, refusedIfBanned, type Room } from '#domain';
import { People } from '#event-store';
import { ErrorResponse, FromToken, WithToken } from '#http';
import { type Caller, httpFault, invalid, notAuthorized, notFound } from '#platform';
import { listOf, named, oneOf, roomMessageView, RoomMessageView, shape, whole } from '#protocol';
import { ServedTimeline } from '#projections';
import { InTurn } from './in-turn.js';
import { field, Id, Input, NumberText } from './input.js';

// GET /chat/history: the documented history of the room API, by page numbers, or from below a message on.

const types = ['global', 'clan', 'private'] as const;
const MAX_PAGE = 1_000_000_000;

class HistoryParameters {
  @field(
    IsIn(types, { message: `type must be one of: ${types.join(', ')}` }),
    { enum: types },
    { description: 'The global room, the clan of the caller, or a direct chat of theirs.' },
  )
  type!: (typeof types)[number];

  @ApiProperty({ type: String, required: false, description: 'With `type=private`: the other side of the chat.' })
  @ValidateIf(({ type }: HistoryParameters) => type === 'private')
  @Id()
  recipientId?: string;

  @NumberText(1, MAX_PAGE, { default: 1, description: 'Page 1 is the newest.' })
  page?: string;

  @NumberText(1, Number.MAX_SAFE_INTEGER, {
    optional: true,
    description: 'Instead of a page: messages below this `n`. It stays right while messages come in.',
  })
  before?: string;

  @NumberText(1, 50, { default: 20 })
  limit?: string;

  @ApiProperty({
    type: String,
    required: false,
    description: 'A flag: the counts are in the answer on every page, not only on the first.',
  })
  @IsOptional()
  withPageCount?: unknown;
}

/** The documented answer. Counts are there on page 1, or where they were asked for. */
export const HistoryPage = named(
  'HistoryPage',
  shape({
    data: shape({ ChatMessage: listOf(RoomMessageView.ref) }),
    metaData: shape({
      dataKey: oneOf('ChatMessage'),
      modelName: oneOf('ChatMessage'),
      dataType: oneOf('Array'),
      dataCount: whole('How many are in this answer.'),
    }),
    paginationData: shape({
      currentPage: whole(),
      limit: whole(),
      offset: whole(),
      itemCount: Type.Optional(whole('How many the room has; on page 1, or with `withPageCount`.')),
      pageCount: Type.Optional(whole('How many pages that is; likewise.')),
    }),
  }),
);
export type HistoryPage = Static<typeof HistoryPage.ref>;

class ReadHistory extends Query<HistoryPage> {
  constructor(
    readonly userId: string,
    readonly type: (typeof types)[number],
    readonly recipientId: string,
    /** A page's number, or the `n` that all of it is below. */
    readonly place: { readonly page: number } | { readonly before: number },
    readonly limit: number,
    readonly counted: boolean,
  ) {
    super();
  }
}

@QueryHandler(ReadHistory)
export class ReadHistoryHandler implements IQueryHandler<ReadHistory> {
  constructor(
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(People) private readonly people: People,
  ) {}

  async execute(query: ReadHistory): Promise<HistoryPage> {
    const { place, limit } = query;
    const room = await this.room(query);
    // Messages are numbered without holes, so page p is a range of numbers, however far back.
    const { queries: timeline } = await this.served.pin();
    const itemCount = await timeline.lastN(room);
    const newest = 'page' in place ? itemCount - (place.page - 1) * limit : Math.min(itemCount, place.before - 1);
    const offset = itemCount - newest;
    const page = Math.floor(offset / limit) + 1;
    const messages =
      newest < 1 ? [] : await timeline.page(room, { before: newest + 1, limit: Math.min(limit, newest) });
    return {
      data: { ChatMessage: messages.map((message) => roomMessageView(message, query.userId)) },
      metaData: {
        dataKey: 'ChatMessage',
        modelName: 'ChatMessage',
        dataType: 'Array',
        dataCount: messages.length,
      },
      paginationData: {
        currentPage: page,
        limit,
        offset,
        ...((query.counted || page === 1) && { itemCount, pageCount: Math.ceil(itemCount / limit) }),
      },
    };
  }

  private async room({ userId, type, recipientId }: ReadHistory): Promise<Room> {
    // Its caller is one of its two people: nobody can name a chat of others.
    if (type === 'private') return directRoom(userId, recipientId);
    const [room, sanctions] = await Promise.all([
      type === 'global' ? GLOBAL_ROOM : this.people.membership(userId).then((state) => publicRoom('clan', state)),
      this.people.sanctions(userId),
    ]);
    if (!room) throw notFound('clan_id', null, 'you are in no clan');
    const banned = refusedIfBanned(sanctions, room);
    if (banned) throw notAuthorized(banned.refusal.message);
    return room;
  }
}

/** A flag is given by being there. */
const isFlagged = (value: unknown): boolean => value !== undefined && value !== 'false' && value !== '0';

@ApiTags('Room chat')
@WithToken()
@UseInterceptors(InTurn)
@Controller('chat')
export class HistoryController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get('history')
  @ApiOperation({ summary: 'The messages of a room, newest first' })
  @ApiOkResponse({ schema: HistoryPage.ref })
  @ErrorResponse(400, 'A parameter is missing or not what it must be, or both `page` and `before` are given.')
  @ErrorResponse(403, 'A service token reads no chats, and who is banned from a room does not read it.')
  @ErrorResponse(404, 'The caller is in no clan.')
  @ErrorResponse(503, 'A server is away; try again after `Retry-After` seconds.')
  async history(
    @Parameters(new Input(HistoryParameters, 'dropped')) parameters: HistoryParameters,
    @FromToken() caller: Caller,
  ): Promise<HistoryPage> {
    const { type, recipientId, page, before, limit, withPageCount } = parameters;
    if (page !== undefined && before !== undefined) {
      throw invalid([httpFault('VALIDATION', 'give page or before, not both', 'before', before)]);
    }
    return this.queries.execute(
      new ReadHistory(
        caller.userId,
        type,
        recipientId ?? '',
        before === undefined ? { page: Number(page ?? 1) } : { before: Number(before) },
        Number(limit ?? 20),
        isFlagged(withPageCount),
      ),
    );
  }
}
