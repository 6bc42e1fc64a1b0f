import { randomBytes } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  type ICommandHandler,
  type IQueryHandler,
  Query,
  QueryBus,
  QueryHandler,
} from '@nestjs/cqrs';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Static } from '@sinclair/typebox';
import { IsOptional, ValidateBy } from 'class-validator';
import {
  changeProfile,
  type CommandContext,
  keySequence,
  MAX_AVATAR_BYTES,
  MAX_NAME_LENGTH,
  profileOf,
  userRoom,
} from '#domain';
import { EventLog } from '#event-store';
import { ErrorResponse, ForService, WithToken } from '#http';
import { avatarText, notFound } from '#platform';
import { avatar, avatarOf, FilledText, named, nullable, shape, text } from '#protocol';
import { encodeUpdate, ServedDirectory } from '#projections';
import { Id, Input } from './input.js';
import { pinned } from './pinned.js';

// PUT and GET /players/:id: what a person is called and looks like, which the surrounding application says; and their clan.

class PlayerPath {
  @Id()
  id!: string;
}

const Avatar = (): PropertyDecorator =>
  ValidateBy({
    name: 'avatar',
    validator: {
      validate: (value) => avatarText(value) !== null,
      defaultMessage: () => `$property must be an object of at most ${MAX_AVATAR_BYTES} bytes as JSON, or null`,
    },
  });

class Profile {
  @ApiProperty({ type: String, minLength: 1, maxLength: MAX_NAME_LENGTH, description: 'Not only white space.' })
  @FilledText(MAX_NAME_LENGTH)
  name!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    nullable: true,
    description: `Any object, ${MAX_AVATAR_BYTES} bytes of JSON at most, handed on as given; without it there is none.`,
  })
  @IsOptional()
  @Avatar()
  avatar?: object | null;
}

const nextKey = keySequence(randomBytes(8));

/** The time and a fresh key for what is told of a person: it is idempotent by what it asks for, not by an id. */
export const newContext = (): CommandContext => ({ key: nextKey(), at: new Date().toISOString() });

class ChangePlayer extends Command<void> {
  constructor(
    readonly userId: string,
    readonly name: string,
    readonly avatar: string | null,
  ) {
    super();
  }
}

@CommandHandler(ChangePlayer)
export class ChangePlayerHandler implements ICommandHandler<ChangePlayer> {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  async execute({ userId, name, avatar }: ChangePlayer): Promise<void> {
    const command = { ...newContext(), userId, name, avatar };
    // Whoever had this id may have been erased since this process last wrote of them.
    await this.log.keyring.renewKey(userId);
    const decision = await this.log.decide(userRoom(userId), 'profile', (last) =>
      changeProfile(command, profileOf(last)),
    );
    if ('refusal' in decision || !decision.event) return;
    const profile = { seq: decision.event.seq, name, avatar };
    this.log.live.publishToUser(userId, encodeUpdate({ type: 'person', userId, member: null, profile }));
  }
}

/** What the directory has of a person, wherever they are shown. */
export const person = {
  userId: text(),
  name: nullable(text('Null: the log knows of none, and the id is shown.')),
  avatar,
};

export const Player = named('Player', shape({ ...person, clanId: nullable(text('Null: in none.')) }));
export type Player = Static<typeof Player.ref>;

class ErasePlayer extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

@CommandHandler(ErasePlayer)
export class ErasePlayerHandler implements ICommandHandler<ErasePlayer> {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  async execute({ userId }: ErasePlayer): Promise<void> {
    await this.log.eraser.erase(userId, newContext());
  }
}

class ReadPlayer extends Query<Player> {
  constructor(readonly userId: string) {
    super();
  }
}

@QueryHandler(ReadPlayer)
export class ReadPlayerHandler implements IQueryHandler<ReadPlayer> {
  constructor(@Inject(ServedDirectory) private readonly served: ServedDirectory) {}

  async execute({ userId }: ReadPlayer): Promise<Player> {
    const person = await (await pinned(this.served)).person(userId);
    if (!person) throw notFound('id', userId, 'the log knows nothing of this person');
    const { name, avatar, clanId } = person;
    return { userId, name, avatar: avatarOf(avatar), clanId };
  }
}

@ApiTags('Surrounding application')
@WithToken()
@ForService()
@Controller('players/:id')
export class PlayersController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'What a person is called, looks like, and which clan they are in',
    description: 'As the projector has it, which is some milliseconds behind what was told.',
  })
  @ApiOkResponse({ schema: Player.ref })
  @ErrorResponse(400, 'The id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(404, 'The log knows nothing of this person.')
  @ErrorResponse(503, 'The projection is not run, or a server is away; try again after `Retry-After` seconds.')
  async read(@Param(new Input(PlayerPath, 'dropped')) { id }: PlayerPath): Promise<Player> {
    return this.queries.execute(new ReadPlayer(id));
  }

  @Put()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Sets the name and the avatar of a person',
    description: 'Messages from now on carry them; those that were sent keep what they were sent with.',
  })
  @ApiBody({ type: Profile })
  @ApiNoContentResponse({ description: 'The person is called so.' })
  @ErrorResponse(400, 'The id or a field of the body is not what it must be, or there is a field too many.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(413, 'The body is larger than 16 KB.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async change(
    @Param(new Input(PlayerPath, 'dropped')) { id }: PlayerPath,
    @Body(new Input(Profile, 'refused')) { name, avatar }: Profile,
  ): Promise<void> {
    await this.commands.execute(new ChangePlayer(id, name, avatarText(avatar)));
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Erases a person',
    description:
      'Nobody is shown any more what they said and were called, in histories, lists and answers: some milliseconds to ' +
      'seconds later, as the projector gets to it. In an encrypted log nobody can read it there. Their connections end, ' +
      'and their tokens are refused; an id that comes back is another person’s. Ids, times and counts stay.',
  })
  @ApiNoContentResponse({ description: 'The person is erased; also where they were before.' })
  @ErrorResponse(400, 'The id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away. Some of it may be done: the same again carries it on.')
  async erase(@Param(new Input(PlayerPath, 'dropped')) { id }: PlayerPath): Promise<void> {
    await this.commands.execute(new ErasePlayer(id));
  }
}
