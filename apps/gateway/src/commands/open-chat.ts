import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type ChatCreated, directRoom, openChat, type RecordedEvent, type Refused } from '#domain';
import { type AskedLog, EventLog } from '#event-store';
import type { ChatSource } from '#protocol';
import { ServedTimeline } from '#projections';
import type { Attempt } from './attempts.js';
import type { Caller } from './command.js';
import { untilShown } from './read-in-time.js';

/** Opens the one chat of two people, or finds it; answers with the chat as the caller sees it. */
export class OpenDirectChat extends Command<Refused | ChatSource> {
  constructor(
    readonly caller: Caller,
    readonly receiverId: string,
    readonly clientId?: string,
  ) {
    super();
  }
}

@CommandHandler(OpenDirectChat)
export class OpenDirectChatHandler implements ICommandHandler<OpenDirectChat> {
  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'decide'>,
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
  ) {}

  execute(command: OpenDirectChat): Promise<Refused | ChatSource> {
    // A chat exists once, however often it is opened.
    return command.caller.attempts.make(command.clientId, null, (attempt) => this.open(command, attempt));
  }

  private async open({ caller, receiverId }: OpenDirectChat, attempt: Attempt): Promise<Refused | ChatSource> {
    const { userId } = caller.person;
    const room = directRoom(userId, receiverId);
    const command = { ...attempt.as(room), by: userId, receiver: receiverId };
    const decide = (last: RecordedEvent | null) => openChat(command, last?.type === 'ChatCreated' ? last : null);
    const decision = await this.log.decide<ChatCreated>(room, 'chat', decide, attempt);
    if ('refusal' in decision) return decision;
    // Who is told of a chat must find it in the list of theirs.
    const look = async () => (await this.served.pin()).queries.entry(userId, room);
    const entry = await untilShown(caller, attempt, look);
    if (entry) return entry;
    const { seq: chatId, users, at } = (decision.event ?? decision.last) as RecordedEvent<ChatCreated>;
    return { chatId, users, receiverId, createdAt: at, updatedAt: at, unread: 0, last: null };
  }
}
