import { Controller, Get, Inject, Query as Parameters } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Static, Type } from '@sinclair/typebox';
import { ValidateBy } from 'class-validator';
import { type Room, roomMeant } from '#domain';
import { ErrorResponse, ForService, WithToken } from '#http';
import { httpFault, invalid } from '#platform';
import { listOf, named, shape, whole } from '#protocol';
import { eventCounters, type EventCounts, isDay, ServedStats, spanFault } from '#projections';
import { field, Input, RoomName } from './input.js';
import { pinned } from './pinned.js';

// GET /stats: how much happened in a room, day by day.

const Day = (description: string): PropertyDecorator =>
  field(
    ValidateBy({
      name: 'day',
      validator: {
        validate: (value) => typeof value === 'string' && isDay(value),
        defaultMessage: () => '$property must be a day, such as 2026-01-31',
      },
    }),
    { type: String, format: 'date' },
    { description },
  );

class StatsParameters {
  @RoomName({
    description:
      'As the log names it: `global`, `clan:<id>`, `direct:<id>:<id>`, or `user:<id>` for what concerns one.',
  })
  room!: string;

  @Day('The first day, in UTC.')
  from!: string;

  @Day('The last day, of 366 at most.')
  to!: string;
}

export const DayList = named(
  'DayList',
  shape({
    data: listOf(
      shape({
        day: Type.String({ format: 'date' }),
        activeUsers: whole('How many people did any of it.'),
        counts: Type.Unsafe<EventCounts>({
          type: 'object',
          description: "Joins, leaves and changes of a profile count in the person's own room.",
          properties: Object.fromEntries(eventCounters.map((counter) => [counter, whole()])),
        }),
      }),
    ),
  }),
);
export type DayList = Static<typeof DayList.ref>;

class ListDays extends Query<DayList> {
  constructor(
    readonly room: Room,
    readonly from: string,
    readonly to: string,
  ) {
    super();
  }
}

@QueryHandler(ListDays)
export class ListDaysHandler implements IQueryHandler<ListDays> {
  constructor(@Inject(ServedStats) private readonly served: ServedStats) {}

  async execute({ room, from, to }: ListDays): Promise<DayList> {
    const days = await (await pinned(this.served)).days(room, from, to);
    return { data: days.map(({ day, activeUsers, counts }) => ({ day, activeUsers, counts })) };
  }
}

@ApiTags('Surrounding application')
@WithToken()
@ForService()
@Controller('stats')
export class StatsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @ApiOperation({
    summary: 'How much happened in a room, day by day',
    description: 'Oldest first; a day on which nothing happened is left out. Wants the projection `stats` to be run.',
  })
  @ApiOkResponse({ schema: DayList.ref })
  @ErrorResponse(400, 'A parameter is missing or not what it must be, or the days are too many or the wrong way round.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The projection is not run, or a server is away; try again after `Retry-After` seconds.')
  async days(@Parameters(new Input(StatsParameters, 'dropped')) { room, from, to }: StatsParameters): Promise<DayList> {
    const fault = spanFault(from, to);
    if (fault !== null) throw invalid([httpFault('VALIDATION', fault, 'to', to)]);
    return this.queries.execute(new ListDays(roomMeant(room)!, from, to));
  }
}
