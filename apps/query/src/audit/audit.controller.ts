import { Controller, Get, Inject, Query as Parameters, UseInterceptors } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Static, Type } from '@sinclair/typebox';
import { Matches } from 'class-validator';
import { auditedKinds, authorOf, type RecordedEvent, roomMeant } from '#domain';
import { EventLog, seqFrom, seqUntil } from '#event-store';
import { ErrorResponse, ForService, WithToken } from '#http';
import { notFound } from '#platform';
import { listOf, named, nullable, shape, text, time, whole } from '#protocol';
import { ServedTimeline } from '#projections';
import { InTurn } from '../in-turn.js';
import { field, Id, Input, LogPlace, NumberText, placeOf, RoomName } from '../input.js';
import { pinned } from '../pinned.js';
import { auditedEvents } from './audited-events.js';
import { isChange, SaidBefore } from './said-before.js';

// GET /audit: who changed what, and when, as the log has it.

/** How many changes of others between two of a message are read through, on a page of many messages and of one. */
const CHANGES_AT_MOST = 1_000;
const CHANGES_OF_ONE_AT_MOST = 100_000;

class AuditParameters {
  @RoomName({ optional: true, description: 'As the log names it: `global`, `clan:<id>` or `direct:<id>:<id>`.' })
  room?: string;

  @field(
    Matches(/^[0-9a-f]{24}$/, { message: 'message_id must be 24 hex digits' }),
    { type: String },
    { optional: true, description: 'What was done to one message.' },
  )
  message_id?: string;

  @Id({ optional: true, description: 'What one person did.' })
  user?: string;

  @LogPlace({ optional: true, description: 'From this sequence of the log, or this time, on.' })
  from?: string;

  @LogPlace({ optional: true, description: 'Up to this sequence, or this time.' })
  until?: string;

  @NumberText(0, Number.MAX_SAFE_INTEGER, { optional: true, description: 'The `next` of the page before.' })
  after?: string;

  @NumberText(1, 200, { default: 50 })
  limit?: string;
}

export const AuditEntry = named(
  'AuditEntry',
  shape(
    {
      seq: whole('Its sequence in the log.'),
      at: time(),
      type: text('The type of the event, such as `MessageEdited` or `MessageDeleted`.'),
      room: text('As the log names it.'),
      by: nullable(text('The id of whoever did it.')),
      messageId: Type.Optional(text('Of an edit or a deletion: the message.')),
      content: Type.Optional(text('Of an edit: what the message says from then on.')),
      before: Type.Optional(
        nullable(
          text(
            'Of an edit or a deletion: what the message said until then; null where it said nothing any more, or where more than 1,000 others of its room lie between: ask for that message then.',
          ),
        ),
      ),
    },
    { additionalProperties: true, description: 'With it come the other fields that the event has in the log.' },
  ),
);
export type AuditEntry = Static<typeof AuditEntry.ref>;

export const AuditPage = named(
  'AuditPage',
  shape({ data: listOf(AuditEntry.ref), next: nullable(whole('The `after` of the next page, or null.')) }),
);
export type AuditPage = Static<typeof AuditPage.ref>;

class ReadAudit extends Query<AuditPage> {
  constructor(readonly asked: AuditParameters) {
    super();
  }
}

@QueryHandler(ReadAudit)
export class ReadAuditHandler implements IQueryHandler<ReadAudit> {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
  ) {}

  async execute({ asked }: ReadAudit): Promise<AuditPage> {
    const { message_id: messageId, user, after, limit } = asked;
    const timeline = await pinned(this.served);
    const changesAtMost = messageId === undefined ? CHANGES_AT_MOST : CHANGES_OF_ONE_AT_MOST;
    const saidBefore = new SaidBefore(this.log, timeline, changesAtMost);
    let room = asked.room === undefined ? null : roomMeant(asked.room);
    let from = Math.max(
      asked.from === undefined ? 1 : await seqFrom(this.log, placeOf(asked.from)),
      Number(after ?? 0) + 1,
    );
    const until = asked.until === undefined ? Infinity : await seqUntil(this.log, placeOf(asked.until));
    if (messageId !== undefined) {
      const message = await timeline.message(messageId);
      if (!message || (room !== null && message.room !== room)) {
        throw notFound('message_id', messageId, room === null ? 'no such message' : 'no such message in this room');
      }
      ({ room } = message);
      from = Math.max(from, ((await saidBefore.below(message)) ?? 0) + 1);
    }
    const isWanted = (event: RecordedEvent) =>
      (messageId === undefined || ('messageId' in event && event.messageId === messageId)) &&
      (user === undefined || authorOf(event) === user);
    // Of a message there are no others.
    const kinds = messageId === undefined ? auditedKinds : (['edit'] as const);
    const page = { kinds, room, from, until, limit: Number(limit ?? 50), isWanted };
    const { wanted, read, next } = await auditedEvents(this.log, page);
    const before = await saidBefore.ofEach(wanted, read);
    return { data: wanted.map((event) => entryOf(event, before)), next };
  }
}

function entryOf(event: RecordedEvent, before: ReadonlyMap<number, string | null>): AuditEntry {
  const { id: _, seq, at, type, room, ...fields } = event;
  const by = authorOf(event);
  return { seq, at, type, room, by, ...fields, ...(isChange(event) && { before: before.get(seq) ?? null }) };
}

@ApiTags('Surrounding application')
@WithToken()
@ForService()
@UseInterceptors(InTurn)
@Controller('audit')
export class AuditController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @ApiOperation({
    summary: 'Who edited or deleted what, and when',
    description:
      'Oldest first, as the log has it, with what was said before: the same for who asks again. `next` is the `after` of ' +
      'the following page. A page ends early, and may be empty, where much was read for it; it goes on while `next` is ' +
      'not null.',
  })
  @ApiOkResponse({ schema: AuditPage.ref })
  @ErrorResponse(400, 'A parameter is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(404, 'There is no such message, or not in this room.')
  @ErrorResponse(503, 'The projection is not run, or a server is away; try again after `Retry-After` seconds.')
  async page(@Parameters(new Input(AuditParameters, 'dropped')) asked: AuditParameters): Promise<AuditPage> {
    return this.queries.execute(new ReadAudit(asked));
  }
}
