import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { postToChat, postToRoom, type PublicRoom, publicRoom } from '#domain';
import { type AskedLog, DirectChats, EventLog } from '#event-store';
import { RecentMessages } from './recent-messages.js';
import type { Attempt } from './attempts.js';
import type { Caller, Outcome } from './command.js';

/** A new message in the global room or in the sender's clan; is done once it is in the log. */
export class PostRoomMessage extends Command<Outcome> {
  constructor(
    readonly caller: Caller,
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
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'append'>,
    @Inject(RecentMessages) private readonly recent: RecentMessages,
  ) {}

  execute(command: PostRoomMessage): Promise<Outcome> {
    const { caller, room, content, feeling, clientId } = command;
    return caller.attempts.make(clientId, [room, content, feeling], (attempt) => this.post(command, attempt));
  }

  private async post(command: PostRoomMessage, attempt: Attempt): Promise<Outcome> {
    const { speaker, clanId } = command.caller.person;
    const { content, feeling } = command;
    const room = publicRoom(command.room, { clanId });
    const context = attempt.as(room);
    const decision = postToRoom({ ...context, sender: speaker, content, ...(feeling !== null && { feeling }) }, room);
    if ('refusal' in decision) return decision;
    await this.log.append(decision.event, attempt);
    this.recent.add(context.key);
    return { ack: { message_id: context.key } };
  }
}

/** A new message in a direct chat; is done once it is in the log. */
export class PostDirectMessage extends Command<Outcome> {
  constructor(
    readonly caller: Caller,
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
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'append'>,
    @Inject(DirectChats) private readonly chats: DirectChats,
    @Inject(RecentMessages) private readonly recent: RecentMessages,
  ) {}

  execute(command: PostDirectMessage): Promise<Outcome> {
    const { caller, chatId, receiverId, message, clientId } = command;
    return caller.attempts.make(clientId, [chatId, receiverId, message], (attempt) => this.post(command, attempt));
  }

  private async post({ caller, chatId, receiverId, message }: PostDirectMessage, attempt: Attempt): Promise<Outcome> {
    const chat = await this.chats.byId(chatId, attempt.deadline);
    const said = { receiver: receiverId, sender: caller.person.speaker, content: message };
    const context = attempt.as(chat?.room ?? null);
    const decision = postToChat({ ...context, ...said }, chat);
    if ('refusal' in decision) return decision;
    await this.log.append(decision.event, attempt);
    this.recent.add(context.key);
    return { ack: { message_id: context.key } };
  }
}
