import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put, Query as Parameters } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Static } from '@sinclair/typebox';
import {
  changeSlowMode,
  commandKey,
  deleteMessage,
  MAX_SLOW_SECONDS,
  parseRoom,
  type Refused,
  type Room,
  roomKind,
  slowModeOf,
} from '#domain';
import { EventLog } from '#event-store';
import { ErrorResponse, ForService, FromToken, WithToken } from '#http';
import { type Caller, httpFault, invalid, notFound } from '#platform';
import { Moderation, ServedTimeline } from '#projections';
import { named, shape, whole } from '#protocol';
import { Field, Id, Input, Reason, WholeNumber } from './input.js';
import { pinned } from './pinned.js';
import { newContext } from './players.js';

// PUT and GET /rooms/:room/slow-mode, DELETE /rooms/:room/messages/:messageId: the surrounding application moderates.

const isModeratedRoom = (value: unknown): value is Room => {
  const room = typeof value === 'string' ? parseRoom(value) : null;
  return room !== null && (roomKind(room) === 'global' || roomKind(room) === 'clan');
};

export class RoomPath {
  @Field({
    isMet: isModeratedRoom,
    words: 'global, or clan:<id> with =hh in the id for each byte of UTF-8 that is no letter, digit, _ or -',
    schema: { type: String, example: 'clan:3' },
  })
  room!: string;
}

/** @param room what {@link RoomPath} has let in */
export const roomOf = (room: string): Room => parseRoom(room)!;

/** @throws HttpRefusal where it was refused */
export function carriedOut(refused: Refused | null): void {
  if (!refused) return;
  const { code, message, field = null } = refused.refusal;
  if (code === 'not_found') throw notFound('messageId', null, message);
  throw invalid([httpFault('VALIDATION', message, field === 'user_id' ? 'userId' : field)]);
}

class MessagePath extends RoomPath {
  @Id()
  messageId!: string;
}

class DeleteParameters {
  @Reason()
  reason?: string;
}

class SlowModeBody {
  @WholeNumber(0, MAX_SLOW_SECONDS, { description: 'One message of each person in so many seconds; 0 for no limit.' })
  seconds!: number;
}

export const SlowMode = named(
  'SlowMode',
  shape({ seconds: whole('One message of each person in so many seconds; 0 for no limit.') }),
);
export type SlowMode = Static<typeof SlowMode.ref>;

class SetSlowMode extends Command<void> {
  constructor(
    readonly room: Room,
    readonly seconds: number,
    readonly by: string,
  ) {
    super();
  }
}

@CommandHandler(SetSlowMode)
export class SetSlowModeHandler implements ICommandHandler<SetSlowMode> {
  constructor(@Inject(Moderation) private readonly moderation: Moderation) {}

  async execute({ room, seconds, by }: SetSlowMode): Promise<void> {
    const command = { ...newContext(), room, seconds, by };
    carriedOut(await this.moderation.ofRoom(room, (state) => changeSlowMode(command, state)));
  }
}

class TakeMessageAway extends Command<void> {
  constructor(
    readonly room: Room,
    readonly messageId: string,
    readonly by: string,
    readonly reason: string | undefined,
  ) {
    super();
  }
}

@CommandHandler(TakeMessageAway)
export class TakeMessageAwayHandler implements ICommandHandler<TakeMessageAway> {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
  ) {}

  async execute({ room, messageId, by, reason }: TakeMessageAway): Promise<void> {
    const message = await (await pinned(this.served)).message(messageId);
    // Asked for again before the read model shows it, it is the same deletion.
    const context = { ...newContext(), key: commandKey(by, room, `delete ${messageId}`) };
    const command = { ...context, messageId, userId: by, isModerator: true, ...(reason !== undefined && { reason }) };
    const decision = deleteMessage(command, { room, message });
    if ('refusal' in decision) carriedOut(decision);
    else if (decision.event) await this.log.append(decision.event);
  }
}

@ApiTags('Moderation')
@WithToken()
@ForService()
@Controller('rooms/:room')
export class RoomsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(EventLog) private readonly log: EventLog,
  ) {}

  @Get('slow-mode')
  @ApiOperation({ summary: 'How often each person may speak in a room' })
  @ApiOkResponse({ schema: SlowMode.ref })
  @ErrorResponse(400, 'The room is none that is moderated.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async slowMode(@Param(new Input(RoomPath, 'dropped')) { room }: RoomPath): Promise<SlowMode> {
    return { seconds: slowModeOf(await this.log.last(roomOf(room), 'mode')) };
  }

  @Put('slow-mode')
  @HttpCode(204)
  @ApiOperation({ summary: 'Sets how often each person may speak in a room' })
  @ApiBody({ type: SlowModeBody })
  @ApiNoContentResponse({ description: 'Each person may send one message in so many seconds.' })
  @ErrorResponse(400, 'The room is none that is moderated, or a field of the body is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async setSlowMode(
    @Param(new Input(RoomPath, 'dropped')) { room }: RoomPath,
    @Body(new Input(SlowModeBody, 'refused')) { seconds }: SlowModeBody,
    @FromToken() { userId: by }: Caller,
  ): Promise<void> {
    await this.commands.execute(new SetSlowMode(roomOf(room), seconds, by));
  }

  @Delete('messages/:messageId')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Deletes a message',
    description: 'It keeps its place, and nothing of what it said is shown from then on. The log keeps it.',
  })
  @ApiNoContentResponse({ description: 'It is deleted.' })
  @ErrorResponse(400, 'The room is none that is moderated, or a parameter is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(404, 'There is no such message in this room.')
  @ErrorResponse(503, 'A server is away; try again after `Retry-After` seconds.')
  async deleteMessage(
    @Param(new Input(MessagePath, 'dropped')) { room, messageId }: MessagePath,
    @Parameters(new Input(DeleteParameters, 'dropped')) { reason }: DeleteParameters,
    @FromToken() { userId: by }: Caller,
  ): Promise<void> {
    await this.commands.execute(new TakeMessageAway(roomOf(room), messageId, by, reason));
  }
}
