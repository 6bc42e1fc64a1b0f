import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Static } from '@sinclair/typebox';
import {
  banPerson,
  type Decision,
  type Room,
  type SanctionCommand,
  type SanctionEvent,
  sanctionsAt,
  type SanctionsState,
  mutePerson,
  eventTime,
  unbanPerson,
  unmutePerson,
} from '#domain';
import { People } from '#event-store';
import { ErrorResponse, ForService, FromToken, WithToken } from '#http';
import type { Caller } from '#platform';
import { Moderation } from '#projections';
import { listOf, named, nullable, oneOf, shape, text, time } from '#protocol';
import { Id, Input, Reason, Time } from './input.js';
import { newContext } from './players.js';
import { carriedOut, RoomPath, roomOf } from './rooms.js';

// PUT and DELETE /rooms/:room/mutes/:userId and /rooms/:room/bans/:userId: the surrounding application moderates. GET
// /players/:id/sanctions: what is held against somebody, as the log has it.

class PersonPath extends RoomPath {
  @Id()
  userId!: string;
}

class PlayerPath {
  @Id()
  id!: string;
}

class Ban {
  @Reason()
  reason?: string;
}

class Mute extends Ban {
  @Time({ description: 'When they may speak again: a moment to come.' })
  until!: string;
}

class ChangeSanctions extends Command<void> {
  constructor(
    readonly userId: string,
    readonly decide: (state: SanctionsState) => Decision<SanctionEvent>,
  ) {
    super();
  }
}

@CommandHandler(ChangeSanctions)
export class ChangeSanctionsHandler implements ICommandHandler<ChangeSanctions> {
  constructor(@Inject(Moderation) private readonly moderation: Moderation) {}

  async execute({ userId, decide }: ChangeSanctions): Promise<void> {
    carriedOut(await this.moderation.ofPerson(userId, decide));
  }
}

export const SanctionList = named(
  'SanctionList',
  shape({
    data: listOf(
      shape({
        kind: oneOf('mute', 'ban'),
        room: text('`global` or `clan:<id>`, as in `/stats`.'),
        since: time(),
        until: nullable(time('When a mute ends; null for a ban.')),
        by: text('Who decided it.'),
      }),
    ),
  }),
);
export type SanctionList = Static<typeof SanctionList.ref>;

@ApiTags('Moderation')
@WithToken()
@ForService()
@Controller()
export class SanctionsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(People) private readonly people: People,
  ) {}

  @Put('rooms/:room/mutes/:userId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Keeps a person from speaking in a room until a moment' })
  @ApiBody({ type: Mute })
  @ApiNoContentResponse({ description: 'They may not speak there.' })
  @ErrorResponse(400, 'The room, an id or a field of the body is not what it must be, or the moment is over.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async mute(
    @Param(new Input(PersonPath, 'dropped')) path: PersonPath,
    @Body(new Input(Mute, 'refused')) { until, reason }: Mute,
    @FromToken() caller: Caller,
  ): Promise<void> {
    const mute = { ...orderOf(path, caller), until: eventTime(until)!, ...(reason !== undefined && { reason }) };
    await this.commands.execute(new ChangeSanctions(path.userId, (state) => mutePerson(mute, state)));
  }

  @Delete('rooms/:room/mutes/:userId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Lets a person speak in a room again' })
  @ApiNoContentResponse({ description: 'They are not muted there.' })
  @ErrorResponse(400, 'The room or an id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async unmute(@Param(new Input(PersonPath, 'dropped')) path: PersonPath, @FromToken() caller: Caller): Promise<void> {
    const order = orderOf(path, caller);
    await this.commands.execute(new ChangeSanctions(path.userId, (state) => unmutePerson(order, state)));
  }

  @Put('rooms/:room/bans/:userId')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Keeps a person out of a room',
    description: 'Open connections of theirs stay open, and are told nothing more of the room.',
  })
  @ApiBody({ type: Ban, required: false })
  @ApiNoContentResponse({ description: 'They neither hear nor read the room, and cannot speak in it.' })
  @ErrorResponse(400, 'The room, an id or a field of the body is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async ban(
    @Param(new Input(PersonPath, 'dropped')) path: PersonPath,
    @Body(new Input(Ban, 'refused')) { reason }: Ban,
    @FromToken() caller: Caller,
  ): Promise<void> {
    const ban = { ...orderOf(path, caller), ...(reason !== undefined && { reason }) };
    await this.commands.execute(new ChangeSanctions(path.userId, (state) => banPerson(ban, state)));
  }

  @Delete('rooms/:room/bans/:userId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Lets a person into a room again' })
  @ApiNoContentResponse({ description: 'They are not banned there.' })
  @ErrorResponse(400, 'The room or an id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async unban(@Param(new Input(PersonPath, 'dropped')) path: PersonPath, @FromToken() caller: Caller): Promise<void> {
    const order = orderOf(path, caller);
    await this.commands.execute(new ChangeSanctions(path.userId, (state) => unbanPerson(order, state)));
  }

  @Get('players/:id/sanctions')
  @ApiOperation({ summary: 'What is held against a person at this moment, in every room' })
  @ApiOkResponse({ schema: SanctionList.ref })
  @ErrorResponse(400, 'The id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async list(@Param(new Input(PlayerPath, 'dropped')) { id }: PlayerPath): Promise<SanctionList> {
    return { data: sanctionsAt(await this.people.sanctions(id), new Date().toISOString()) };
  }
}

/** By the id in the application's token, so that it may say who of its own people it was. */
const orderOf = ({ room, userId }: PersonPath, { userId: by }: Caller): SanctionCommand & { readonly room: Room } => ({
  ...newContext(),
  ...{ userId, room: roomOf(room), by },
});
