import { Controller, Delete, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { type Decision, joinClan, leaveClan, type MembershipEvent, membershipOf, userRoom } from '#domain';
import { EventLog, OutcomeUnknown } from '#event-store';
import { encodeUpdate } from '#projections';
import { ErrorResponse, ForService, WithToken } from '#platform';
import { newContext } from './command-context.js';
import { Id, Input } from './input.js';

// PUT and DELETE /clans/:clanId/members/:userId: the surrounding application says who is in which clan.

class MemberPath {
  @ApiProperty({ type: String, maxLength: 64 })
  @Id()
  clanId!: string;

  @ApiProperty({ type: String, maxLength: 64 })
  @Id()
  userId!: string;
}

class ChangeMember extends Command<void> {
  constructor(
    readonly decide: typeof joinClan | typeof leaveClan,
    readonly userId: string,
    readonly clanId: string,
  ) {
    super();
  }
}

@CommandHandler(ChangeMember)
export class ChangeMemberHandler implements ICommandHandler<ChangeMember> {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  async execute({ decide, userId, clanId }: ChangeMember): Promise<void> {
    const command = { ...newContext(), userId, clanId };
    // Neither of the two refuses anything: they make it so, or it is so.
    const decision = await this.log.decide(userRoom(userId), 'member', (last): Decision<MembershipEvent> =>
      decide(command, membershipOf(last)),
    );
    if ('refusal' in decision) return;
    // What is so already is told again: whoever made it so may not have come to telling it.
    const last = decision.event ?? decision.last;
    if (!last) return;
    // At once, not when a projector comes to it: from now on nothing of the old clan may reach them.
    const member = { seq: last.seq, clanId: membershipOf(last)?.clanId ?? null };
    this.log.live.publishToUser(userId, encodeUpdate({ type: 'person', userId, member, profile: null }));
    await this.log.live.flush().catch((cause: unknown) => {
      throw new OutcomeUnknown('the change is stored; who is connected may not have heard of it', { cause });
    });
  }
}

@ApiTags('Surrounding application')
@WithToken()
@ForService()
@Controller('clans/:clanId/members/:userId')
export class MembersController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Put()
  @HttpCode(204)
  @ApiOperation({ summary: 'Puts a person into a clan, out of the one they were in' })
  @ApiNoContentResponse({ description: 'The person is in this clan.' })
  @ErrorResponse(400, 'An id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async join(@Param(new Input(MemberPath, 'dropped')) { clanId, userId }: MemberPath): Promise<void> {
    await this.commands.execute(new ChangeMember(joinClan, userId, clanId));
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Takes a person out of a clan' })
  @ApiNoContentResponse({ description: 'The person is not in this clan.' })
  @ErrorResponse(400, 'An id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async leave(@Param(new Input(MemberPath, 'dropped')) { clanId, userId }: MemberPath): Promise<void> {
    await this.commands.execute(new ChangeMember(leaveClan, userId, clanId));
  }
}
