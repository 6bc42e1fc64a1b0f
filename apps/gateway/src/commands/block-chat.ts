import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { blockersOf, type BlockEvent, blockPerson, type RecordedEvent, refused, unblockPerson } from '#domain';
import { type AskedLog, DirectChats, EventLog } from '#event-store';
import { ServedTimeline } from '#projections';
import type { Attempt } from './attempts.js';
import { Blocks } from './blocks.js';
import type { Caller, Outcome } from './command.js';
import { untilShown } from './read-in-time.js';

/** Hides from now on what the other side of a direct chat says, or shows it again; is done once the caller's queries show it. */
export class BlockChat extends Command<Outcome> {
  constructor(
    readonly caller: Caller,
    readonly chatId: number,
    readonly isBlocked: boolean,
    readonly clientId?: string,
  ) {
    super();
  }
}

@CommandHandler(BlockChat)
export class BlockChatHandler implements ICommandHandler<BlockChat> {
  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'decide' | 'last'>,
    @Inject(DirectChats) private readonly chats: Pick<DirectChats, 'ofPerson'>,
    @Inject(Blocks) private readonly blocks: Blocks,
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
  ) {}

  execute(command: BlockChat): Promise<Outcome> {
    // Who is blocked is so until they are not: twice is the same as once.
    return command.caller.attempts.make(command.clientId, null, (attempt) => this.decide(command, attempt));
  }

  private async decide({ caller, chatId, isBlocked }: BlockChat, attempt: Attempt): Promise<Outcome> {
    const { userId: by } = caller.person;
    const chat = await this.chats.ofPerson(by, chatId, attempt.deadline);
    if (!chat) return refused('not_found', 'no such chat', 'chat_id');
    const { room } = chat;
    const command = { ...attempt.as(room), by };
    const decideOn = (last: RecordedEvent | null) => {
      const state = { chat, blockers: blockersOf(last) };
      return isBlocked ? blockPerson(command, state) : unblockPerson(command, state);
    };
    const decision = await this.log.decide<BlockEvent>(room, 'block', decideOn, attempt);
    if ('refusal' in decision) return decision;
    // What is so by now, also where that is of before, since whoever made it so may not have come to telling it; and also
    // where this very command was carried out long ago, and something else came after it.
    const last = await this.log.last(room, 'block', attempt.deadline);
    if (last) this.blocks.tell(last);
    if (decision.event && last?.seq === decision.event.seq) {
      // No answer tells the caller when to ask for their chats again: they may at once.
      await untilShown(caller, attempt, async () => {
        const entry = await (await this.served.pin()).queries.entry(by, room);
        return entry && (entry.blocked ?? false) === isBlocked ? entry : null;
      });
    }
    return { ack: { chat_id: chatId } };
  }
}
