import { Body, Controller, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiBody, ApiNoContentResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsOptional, ValidateBy } from 'class-validator';
import { changeProfile, MAX_AVATAR_BYTES, MAX_NAME_LENGTH, profileOf, userRoom } from '#domain';
import { EventLog } from '#event-store';
import { avatarText, ErrorResponse, ForService, WithToken } from '#platform';
import { FilledText } from '#protocol';
import { encodeUpdate } from '#projections';
import { newContext } from './command-context.js';
import { Id, Input } from './input.js';

// PUT /players/:id: the surrounding application says what a person is called and what they look like.

class PlayerPath {
  @ApiProperty({ type: String, maxLength: 64 })
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
    const decision = await this.log.decide(userRoom(userId), 'profile', (last) =>
      changeProfile(command, profileOf(last)),
    );
    if ('refusal' in decision || !decision.event) return;
    const profile = { seq: decision.event.seq, name, avatar };
    this.log.live.publishToUser(userId, encodeUpdate({ type: 'person', userId, member: null, profile }));
  }
}

@ApiTags('Surrounding application')
@WithToken()
@ForService()
@Controller('players/:id')
export class PlayersController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

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
}
