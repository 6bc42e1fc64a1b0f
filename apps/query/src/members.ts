import { Controller, Delete, Get, HttpCode, Inject, Param, Put, Query as Parameters } from '@nestjs/common';
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
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Static } from '@sinclair/typebox';
import { type Decision, joinClan, leaveClan, type MembershipEvent, membershipOf, userRoom } from '#domain';
import { EventLog, OutcomeUnknown } from '#event-store';
import { encodeUpdate, ServedDirectory } from '#projections';
import { ErrorResponse, ForService, WithToken } from '#http';
import { avatarOf, listOf, named, nullable, shape, text } from '#protocol';
import { Id, Input, NumberText } from './input.js';
import { pinned } from './pinned.js';
import { newContext, person } from './players.js';

// PUT and DELETE /clans/:clanId/members/:userId: the surrounding application says who is in which clan. GET
// /clans/:clanId/members: who is, as the directory has it.

class ClanPath {
  @Id()
  clanId!: string;
}

class MemberPath extends ClanPath {
  @Id()
  userId!: string;
}

class PageParameters {
  @Id({ optional: true, description: 'The `next` of the page before.' })
  after?: string;

  @NumberText(1, 200, { default: 50 })
  limit?: string;
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

export const MemberList = named(
  'MemberList',
  shape({ data: listOf(shape(person)), next: nullable(text('The cursor of the next page, or null.')) }),
);
export type MemberList = Static<typeof MemberList.ref>;

class ListMembers extends Query<MemberList> {
  constructor(
    readonly clanId: string,
    readonly after: string | undefined,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(ListMembers)
export class ListMembersHandler implements IQueryHandler<ListMembers> {
  constructor(@Inject(ServedDirectory) private readonly served: ServedDirectory) {}

  async execute({ clanId, after, limit }: ListMembers): Promise<MemberList> {
    const people = await (await pinned(this.served)).members(clanId, { after, limit });
    return {
      data: people.map(({ userId, name, avatar }) => ({ userId, name, avatar: avatarOf(avatar) })),
      next: people.length < limit ? null : people.at(-1)!.userId,
    };
  }
}

@ApiTags('Surrounding application')
@WithToken()
@ForService()
@Controller('clans/:clanId/members')
export class MembersController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Who is in a clan',
    description:
      'In an order of the ids that stays. `next` is the `after` of the following page. As the projector has it, which ' +
      'is some milliseconds behind what was told.',
  })
  @ApiOkResponse({ schema: MemberList.ref })
  @ErrorResponse(400, 'An id or a parameter is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The projection is not run, or a server is away; try again after `Retry-After` seconds.')
  async list(
    @Param(new Input(ClanPath, 'dropped')) { clanId }: ClanPath,
    @Parameters(new Input(PageParameters, 'dropped')) { after, limit }: PageParameters,
  ): Promise<MemberList> {
    return this.queries.execute(new ListMembers(clanId, after, Number(limit ?? 50)));
  }

  @Put(':userId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Puts a person into a clan, out of the one they were in' })
  @ApiNoContentResponse({ description: 'The person is in this clan.' })
  @ErrorResponse(400, 'An id is not what it must be.')
  @ErrorResponse(403, 'The token is not a service token.')
  @ErrorResponse(503, 'The log is away; try again after `Retry-After` seconds.')
  async join(@Param(new Input(MemberPath, 'dropped')) { clanId, userId }: MemberPath): Promise<void> {
    await this.commands.execute(new ChangeMember(joinClan, userId, clanId));
  }

  @Delete(':userId')
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
