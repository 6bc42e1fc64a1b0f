import { Controller, Get, Inject, Query as Parameters, Res, UseInterceptors } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Static } from '@sinclair/typebox';
import type { Response } from 'express';
import { EventLog } from '#event-store';
import { ErrorResponse, ForService, FromToken, WithToken } from '#http';
import { type Caller, Tokens } from '#platform';
import { ServedTimeline } from '#projections';
import { listOf, named, nullable, shape, text } from '#protocol';
import { send } from '../export/exports.js';
import { InTurn } from '../in-turn.js';
import { Input, NumberText, RoomName } from '../input.js';
import { pinned } from '../pinned.js';
import { FoldsHeard } from './folds-heard.js';
import { logLines } from './log-lines.js';
import { LogParameters, selectionOf } from './log-parameters.js';
import { Readings } from './readings.js';
import { ReadRoomThen, RoomAsItWas, RoomThenParameters } from './room-then.js';
import { ToldFolds } from './told-folds.js';

// GET /log: the events, and the rooms as they were at any moment of it.

const NDJSON = 'application/x-ndjson';

class RoomsParameters {
  @RoomName({ optional: true, description: 'The `next` of the page before.' })
  after?: string;

  @NumberText(1, 200, { default: 100 })
  limit?: string;
}

export const RoomNameList = named(
  'RoomNameList',
  shape({ data: listOf(text('As the log names it.')), next: nullable(text('The `after` of the next page, or null.')) }),
);
export type RoomNameList = Static<typeof RoomNameList.ref>;

@ApiTags('Surrounding application')
@WithToken()
@ForService()
@Controller('log')
export class LogController {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Readings) private readonly readings: Readings,
    @Inject(FoldsHeard) private readonly heard: FoldsHeard,
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The events of the log, a line of JSON each',
    description:
      'Each as `chatctl replay` prints it, with its `partition`; one that cannot be read has `unreadable`, which says ' +
      'why. In between `{"progress":true,"seq":…}` says how far the log is read, at least every 5 s, null while it is looked ' +
      'for where the last ones begin. It ends with `{"end":true,"seq":…}`; an answer without that line, and one that follows, is gone on with from the `seq` of its ' +
      'last line and one. With `folds`, `{"folded":true,"seq":…,"projection":…,"version":…,"at":…}` says that the ' +
      'timeline has a message, a reaction, an edit or a deletion, and when the query side heard of it, by its clock; ' +
      'such a line may be missing, and come before that of its event.',
  })
  @ApiOkResponse({ description: 'It is being read.', content: { [NDJSON]: { schema: { type: 'string' } } } })
  @ErrorResponse(400, 'A parameter is not what it must be, or does not go with another.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'Too many read the log, or it is away; try again after `Retry-After` seconds.')
  async events(
    @Parameters(new Input(LogParameters, 'dropped')) asked: LogParameters,
    @FromToken() caller: Caller,
    @Res() response: Response,
  ): Promise<void> {
    const begun = this.readings.begin();
    const left = new AbortController();
    const leave = () => {
      left.abort();
    };
    // What waits for the next event would else wait on for somebody who has gone.
    response.once('close', leave);
    if (response.closed) leave();
    const signal = AbortSignal.any([begun.end, left.signal]);
    let folds: ToldFolds | null = null;
    try {
      const part = await selectionOf(this.log, asked);
      response.setHeader('Content-Type', NDJSON);
      response.setHeader('Cache-Control', 'no-store');
      const options = { follow: asked.follow !== undefined, limit: Number(asked.limit ?? Infinity), signal };
      folds = asked.folds === undefined ? null : new ToldFolds(this.heard, part.room);
      const lines = logLines(this.log, part, { ...options, folds });
      await send(this.whileLetIn(caller, lines), response, begun);
    } finally {
      left.abort();
      folds?.stop();
      begun.over();
    }
  }

  /** Up to where the token of the caller ends, or is revoked. */
  private async *whileLetIn(caller: Caller, pieces: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const piece of pieces) {
      if (this.tokens.isRevoked(caller) || caller.expiresAt < Date.now()) return;
      yield piece;
    }
  }

  @Get('at')
  @ApiOperation({
    summary: 'A room as it was',
    description:
      'What `chatctl at --json` prints: folded from the log by the fold of the timeline. With `steps` come the events ' +
      'of the room after that, each with those of the last messages that it left otherwise. Of a room that had more ' +
      'than 100,000 events by then only `chatctl at` tells.',
  })
  @ApiOkResponse({ schema: RoomAsItWas.ref })
  @ErrorResponse(400, 'A parameter is not what it must be, or the room is too long.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(404, 'There was nothing in this room yet, or the log has not come so far.')
  @ErrorResponse(
    503,
    'Others look at rooms, it took too long, or the log is away; try again after `Retry-After` seconds.',
  )
  async room(
    @Parameters(new Input(RoomThenParameters, 'dropped')) asked: RoomThenParameters,
    @FromToken() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ) {
    return this.readings.fold(caller.userId, response, (signal) =>
      this.queries.execute(new ReadRoomThen(asked, signal)),
    );
  }

  @Get('rooms')
  @UseInterceptors(InTurn)
  @ApiOperation({ summary: 'Rooms in which something was said', description: 'In the order of their names.' })
  @ApiOkResponse({ schema: RoomNameList.ref })
  @ErrorResponse(400, 'A parameter is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The projection is not run, or a server is away; try again after `Retry-After` seconds.')
  async rooms(
    @Parameters(new Input(RoomsParameters, 'dropped')) { after, limit }: RoomsParameters,
  ): Promise<RoomNameList> {
    const timeline = await pinned(this.served);
    const atMost = Number(limit ?? 100);
    const data = await timeline.rooms(after ?? '', atMost);
    return { data, next: data.length < atMost ? null : data.at(-1)! };
  }
}
