import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { postToChat, postToRoom, type PublicRoom, publicRoom, type Refused } from '#domain';
import { type AskedLog, DirectChats, EventLog } from '#event-store';
import { InMail } from './in-mail.js';
import { RecentMessages } from './recent-messages.js';
import type { Attempt } from './attempts.js';
import type { Caller } from './command.js';

/** A new message in the global room or in the sender's clan; answers null once it is in the log. */
export class PostRoomMessage extends Command<Refused | null> {
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

  execute(command: PostRoomMessage): Promise<Refused | null> {
    const { caller, room, content, feeling, clientId } = command;
    return caller.attempts.make(clientId, [room, content, feeling], (attempt) => this.post(command, attempt));
  }

  private async post({ caller, room, content, feeling }: PostRoomMessage, attempt: Attempt): Promise<Refused | null> {
    const { speaker, clanId } = caller.person;
    const command = {
      ...attempt.as(publicRoom(room, { clanId })),
      ...{ room, sender: speaker, content },
      ...(feeling !== null && { feeling }),
    };
    const decision = postToRoom(command, { clanId });
    if ('refusal' in decision) return decision;
    if (decision.event) {
      await this.log.append(decision.event, attempt);
      this.recent.add(decision.event.messageId);
    }
    return null;
  }
}

/** A new message in a direct chat; answers null once it is in the log. */
export class PostDirectMessage extends Command<Refused | null> {
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
    @Inject(InMail) private readonly inMail: InMail,
  ) {}

  execute(command: PostDirectMessage): Promise<Refused | null> {
    const { caller, chatId, receiverId, message, clientId } = command;
    return caller.attempts.make(clientId, [chatId, receiverId, message], (attempt) => this.post(command, attempt));
  }

  private async post(
    { caller, chatId, receiverId, message, clientId }: PostDirectMessage,
    attempt: Attempt,
  ): Promise<Refused | null> {
    const chat = await this.chats.byId(chatId, attempt.deadline);
    const said = { receiver: receiverId, sender: caller.person.speaker, content: message };
    const decision = postToChat({ ...attempt.as(chat?.room ?? null), ...said }, chat);
    if ('refusal' in decision) return decision;
    if (decision.event) {
      const appended = await this.log.append(decision.event, attempt);
      // Only by an id of the client's can it be there from before; else the log was just asked twice for this one.
      const mayBeOld = clientId !== undefined && !attempt.isRepeat;
      const isOld = appended === 'conflict' || (mayBeOld && appended.duplicate && !appended.sentAgain);
      if (!isOld) this.inMail.messageSent(decision.event, chatId, receiverId);
    }
    return null;
  }
}
