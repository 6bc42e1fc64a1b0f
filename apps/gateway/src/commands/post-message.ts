import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { postToChat, postToRoom, type PublicRoom, publicRoom } from '#domain';
import { Chats, EventLog } from '#event-store';
import { InMail } from '../in-mail.js';
import type { Person } from '../person.js';
import { RecentMessages } from '../recent-messages.js';
import { COMMAND_KEYS } from '../settings.js';
import { contextOf, type Refused } from './command.js';

/** A new message in the global room or in the sender's clan; answers null once it is in the log. */
export class PostRoomMessage extends Command<Refused | null> {
  constructor(
    readonly person: Person,
    readonly room: PublicRoom,
    readonly content: string,
    readonly feeling: string | null,
    readonly clientId?: string,
  ) {
    super();
  }
}

@CommandHandler(PostRoomMessage)
export class PostRoomMessageHandler implements ICommandHandler<PostRoomMessage> {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(RecentMessages) private readonly recent: RecentMessages,
    @Inject(COMMAND_KEYS) private readonly newKey: () => string,
  ) {}

  async execute({ person, room, content, feeling, clientId }: PostRoomMessage): Promise<Refused | null> {
    const membership = { clanId: person.clanId };
    const command = {
      ...contextOf(person.userId, publicRoom(room, membership), clientId, this.newKey),
      room,
      sender: person.speaker,
      content,
      ...(feeling !== null && { feeling }),
      ...(clientId !== undefined && { clientId }),
    };
    const decision = postToRoom(command, membership);
    if ('refusal' in decision) return decision;
    if (decision.event) {
      await this.log.append(decision.event);
      this.recent.add(decision.event.messageId);
    }
    return null;
  }
}

/** A new message in a direct chat; answers null once it is in the log. */
export class PostDirectMessage extends Command<Refused | null> {
  constructor(
    readonly person: Person,
    readonly chatId: number,
    readonly receiverId: string,
    readonly message: string,
    readonly clientId?: string,
  ) {
    super();
  }
}

@CommandHandler(PostDirectMessage)
export class PostDirectMessageHandler implements ICommandHandler<PostDirectMessage> {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Chats) private readonly chats: Chats,
    @Inject(InMail) private readonly inMail: InMail,
    @Inject(COMMAND_KEYS) private readonly newKey: () => string,
  ) {}

  async execute({ person, chatId, receiverId, message, clientId }: PostDirectMessage): Promise<Refused | null> {
    const chat = await this.chats.byId(chatId);
    const command = {
      ...contextOf(person.userId, chat?.room ?? null, clientId, this.newKey),
      receiver: receiverId,
      sender: person.speaker,
      content: message,
      ...(clientId !== undefined && { clientId }),
    };
    const decision = postToChat(command, chat);
    if ('refusal' in decision) return decision;
    if (decision.event) {
      const appended = await this.log.append(decision.event);
      const isNew = appended !== 'conflict' && !appended.duplicate;
      if (isNew) this.inMail.messageSent(decision.event, chatId, receiverId);
    }
    return null;
  }
}
