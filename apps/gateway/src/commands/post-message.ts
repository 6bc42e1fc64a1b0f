import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { isModerated, postToChat, postToRoom, type PublicRoom, publicRoom, type Room, type WordFilter } from '#domain';
import { type AskedLog, DirectChats, EventLog } from '#event-store';
import { WORD_FILTER } from './checked-word-filter.js';
import { KnownMessages } from './known-messages.js';
import { RecentMessages } from './recent-messages.js';
import { SlowModes } from './slow-modes.js';
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
    @Inject(KnownMessages) private readonly known: KnownMessages,
    @Inject(SlowModes) private readonly slowModes: SlowModes,
    @Inject(WORD_FILTER) private readonly filter: WordFilter | null,
  ) {}

  execute(command: PostRoomMessage): Promise<Outcome> {
    const { caller, room, content, feeling, clientId } = command;
    return caller.attempts.make(clientId, [room, content, feeling], (attempt) => this.post(command, attempt));
  }

  private async post(command: PostRoomMessage, attempt: Attempt): Promise<Outcome> {
    const { caller, content, feeling } = command;
    const { person, moderates } = caller;
    const meant = (): Room | null => publicRoom(command.room, person);
    // Whoever may speak, and where, may have changed when the log has said how slow a room is: all else is asked then.
    for (let room = meant(); room && !this.slowModes.isKnown(room); room = meant()) {
      await this.slowModes.read(room, attempt.deadline);
    }
    const room = meant();
    const { speaker: sender, userId, sanctions } = person;
    const context = attempt.as(room);
    const { key } = context;
    const isSlow = room !== null && !isModerated(moderates, room);
    const standing = { sanctions, ...(isSlow && { slowMode: this.slowModes.of(room, userId, key) }) };
    const filter = this.filter && { filter: this.filter };
    const said = { ...context, sender, content, ...(feeling !== null && { feeling }), ...filter };
    const decision = postToRoom(said, room, standing);
    if ('refusal' in decision) return this.known.unlessSaid(context, room, decision, attempt);
    const { event } = decision;
    await this.slowModes.speak(event.room, userId, key, () => this.log.append(event, attempt));
    this.recent.add(key);
    return { ack: { message_id: key } };
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
    @Inject(KnownMessages) private readonly known: KnownMessages,
    @Inject(WORD_FILTER) private readonly filter: WordFilter | null,
  ) {}

  execute(command: PostDirectMessage): Promise<Outcome> {
    const { caller, chatId, receiverId, message, clientId } = command;
    return caller.attempts.make(clientId, [chatId, receiverId, message], (attempt) => this.post(command, attempt));
  }

  private async post({ caller, chatId, receiverId, message }: PostDirectMessage, attempt: Attempt): Promise<Outcome> {
    const chat = await this.chats.byId(chatId, attempt.deadline);
    const said = { receiver: receiverId, sender: caller.person.speaker, content: message };
    const context = attempt.as(chat?.room ?? null);
    const decision = postToChat({ ...context, ...said, ...(this.filter && { filter: this.filter }) }, chat);
    if ('refusal' in decision) {
      return this.known.unlessSaid(context, chat?.room ?? null, decision, attempt);
    }
    await this.log.append(decision.event, attempt);
    this.recent.add(context.key);
    return { ack: { message_id: context.key } };
  }
}
