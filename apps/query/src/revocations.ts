import { Controller, Delete, HttpCode, Inject, Param, Post, Query as Parameters } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { EventLog } from '#event-store';
import { ErrorResponse, ForService, WithToken } from '#http';
import { isTokenId, LATEST_TIME_S, MAX_TOKEN_ID_LENGTH } from '#platform';
import { field, Id, Input, NumberText } from './input.js';

// POST /players/:id/revoke and DELETE /tokens/:jti: the surrounding application takes back what it has signed.

class PersonPath {
  @Id()
  id!: string;
}

const TokenId = (): PropertyDecorator =>
  field(
    ValidateBy({
      name: 'tokenId',
      validator: {
        validate: isTokenId,
        defaultMessage: () => `$property must be the id of a token, 1 to ${MAX_TOKEN_ID_LENGTH} characters`,
      },
    }),
    { type: String, maxLength: MAX_TOKEN_ID_LENGTH },
    {},
  );

class TokenPath {
  @TokenId()
  jti!: string;
}

class TokenParameters {
  @NumberText(0, LATEST_TIME_S, {
    optional: true,
    description:
      "The token's `exp`, in whole seconds, rounded up. Without it the token is refused for as long as a token may live " +
      '(TOKEN_MAX_AGE_S).',
  })
  exp?: string;
}

class RevokePerson extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

@CommandHandler(RevokePerson)
export class RevokePersonHandler implements ICommandHandler<RevokePerson> {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  async execute({ userId }: RevokePerson): Promise<void> {
    await this.log.revocations.revokePerson(userId);
  }
}

class RevokeToken extends Command<void> {
  constructor(
    readonly jti: string,
    readonly exp: number | undefined,
  ) {
    super();
  }
}

@CommandHandler(RevokeToken)
export class RevokeTokenHandler implements ICommandHandler<RevokeToken> {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  async execute({ jti, exp }: RevokeToken): Promise<void> {
    await this.log.revocations.revokeToken(jti, exp === undefined ? undefined : exp * 1_000);
  }
}

@ApiTags('Surrounding application')
@WithToken()
@ForService()
@Controller()
export class RevocationsController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post('players/:id/revoke')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revokes all tokens of a person that were issued up to now',
    description:
      'Their connections end with 4002 within 2 s, at every gateway, and the tokens are refused from then on, over HTTP ' +
      'too. A token whose `iat` is later is good: it is in whole seconds, so issue one no sooner than a second later. ' +
      'A token without `iat` is refused.',
  })
  @ApiNoContentResponse({ description: 'The tokens are revoked.' })
  @ErrorResponse(400, 'The id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async revokePerson(@Param(new Input(PersonPath, 'dropped')) { id }: PersonPath): Promise<void> {
    await this.commands.execute(new RevokePerson(id));
  }

  @Delete('tokens/:jti')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revokes one token, by its `jti`',
    description:
      'Its connections end with 4002 within 2 s, at every gateway, and it is refused from then on, over HTTP too. ' +
      'Whether there is such a token is not known here.',
  })
  @ApiNoContentResponse({ description: 'The token is revoked.' })
  @ErrorResponse(400, 'The jti or a parameter is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async revokeToken(
    @Param(new Input(TokenPath, 'dropped')) { jti }: TokenPath,
    @Parameters(new Input(TokenParameters, 'dropped')) { exp }: TokenParameters,
  ): Promise<void> {
    await this.commands.execute(new RevokeToken(jti, exp === undefined ? undefined : Number(exp)));
  }
}
