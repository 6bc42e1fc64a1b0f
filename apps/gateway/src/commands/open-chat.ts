import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type ChatCreated, directRoom, openChat } from '#domain';
import { EventLog } from '#event-store';
import type { ChatSource } from '#protocol';
import { Served, type ServedTimeline } from '#read-models';
import type { Person } from '../person.js';
import { COMMAND_KEYS } from '../settings.js';
import { contextOf, type Refused } from './command.js';
import { untilShown } from './shown.js';

/** Opens the one chat of two people, or finds it; answers with the chat as the caller sees it. */
export class OpenDirectChat extends Command<Refused | ChatSource> {
  constructor(
    readonly person: Person,
    readonly receiverId: string,
    readonly clientId?: string,
  ) {
    super();
  }
}

@CommandHandler(OpenDirectChat)
export class OpenDirectChatHandler implements ICommandHandler<OpenDirectChat> {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Served) private readonly served: ServedTimeline,
    @Inject(COMMAND_KEYS) private readonly newKey: () => string,
  ) {}

  async execute({ person, receiverId, clientId }: OpenDirectChat): Promise<Refused | ChatSource> {
    const room = directRoom(person.userId, receiverId);
    const command = {
      ...contextOf(person.userId, room, clientId, this.newKey),
      by: person.userId,
      receiver: receiverId,
    };
    const decision = await this.log.decide<ChatCreated>(room, 'chat', (last) =>
      openChat(command, last?.type === 'ChatCreated' ? last : null),
    );
    if ('refusal' in decision) return decision;
    // Who is told of a chat must find it in the list of theirs.
    const entry = await untilShown(async () => (await this.served.pin()).queries.entry(person.userId, room));
    if (entry) return entry;
    const chat = decision.event ?? decision.last;
    if (chat?.type !== 'ChatCreated') throw new Error(`the chat of ${room} is not in the log`);
    const { seq: chatId, users, at } = chat;
    return { chatId, users, receiverId, createdAt: at, updatedAt: at, unread: 0, last: null };
  }
}
