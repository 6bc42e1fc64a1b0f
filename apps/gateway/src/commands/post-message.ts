import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  isModerated,
  postToChat,
  postToRoom,
  type PublicRoom,
  publicRoom,
  type Room,
  type SlowModeState,
  type WordFilter,
} from '#domain';
import { type AskedLog, DirectChats, EventLog } from '#event-store';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import { Blocks } from './blocks.js';
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
    /** The message that it is a reply to; null for none. */
    readonly replyTo: string | null,
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
    const { caller, room, content, feeling, replyTo, clientId } = command;
    return caller.attempts.make(clientId, [room, content, feeling, replyTo], (attempt) => this.post(command, attempt));
  }

  private async post(command: PostRoomMessage, attempt: Attempt): Promise<Outcome> {
    const { caller, content, feeling, replyTo } = command;
    const { person, moderates } = caller;
    const repliedTo =
      replyTo === null ? null : await this.known.find(replyTo, publicRoom(command.room, person), caller, attempt);
    // Whoever may speak, and where, may have changed once the message that this is a reply to was found, and the log
    // has said how slow a room is: all else is asked then.
    let meant = this.roomOf(command);
    for (; meant.seconds === null; meant = this.roomOf(command)) {
      await this.slowModes.read(meant.room, attempt.deadline);
    }
    const { room, seconds } = meant;
    const { speaker: sender, userId, sanctions } = person;
    const context = attempt.as(room);
    const { key } = context;
    const isSlow = room !== null && !isModerated(moderates, room);
    const slowMode = isSlow && { seconds, sinceLastMs: this.slowModes.sinceLastMs(room, userId, key) };
    const standing = { sanctions, ...(slowMode && { slowMode }) };
    const more = { ...(feeling !== null && { feeling }), ...(replyTo !== null && { replyTo }) };
    const said = { ...context, sender, content, ...more, ...(this.filter && { filter: this.filter }) };
    const decision = postToRoom(said, room, standing, repliedTo);
    if ('refusal' in decision) return this.known.unlessSaid(context, room, decision, caller, attempt);
    const { event } = decision;
    await this.slowModes.speak({ room: event.room, userId, key, seconds }, () => this.log.append(event, attempt));
    this.recent.add(key);
    return { ack: { message_id: key } };
  }

  private roomOf({ caller, room: which }: PostRoomMessage): MeantRoom {
    const room = publicRoom(which, caller.person);
    if (room === null) return { room, seconds: 0 };
    const seconds = this.slowModes.secondsOf(room);
    return seconds === null ? { room, seconds } : { room, seconds };
  }
}

/** The room that a message goes to, null for none, and how slow it is, null where the log has to be asked. */
type MeantRoom =
  { readonly room: Room | null; readonly seconds: SlowModeState } | { readonly room: Room; readonly seconds: null };

/** A new message in a direct chat; is done once it is in the log. */
export class PostDirectMessage extends Command<Outcome> {
  constructor(
    readonly caller: Caller,
    readonly chatId: number,
    readonly receiverId: string,
    readonly message: string,
    /** The message that it is a reply to; null for none. */
    readonly replyTo: string | null,
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
    @Inject(Blocks) private readonly blocks: Pick<Blocks, 'of'>,
    @Inject(SETTINGS) private readonly settings: Pick<GatewaySettings, 'blockedMessages'>,
    @Inject(WORD_FILTER) private readonly filter: WordFilter | null,
  ) {}

  execute(command: PostDirectMessage): Promise<Outcome> {
    const { caller, chatId, receiverId, message, replyTo, clientId } = command;
    const words = [chatId, receiverId, message, replyTo];
    return caller.attempts.make(clientId, words, (attempt) => this.post(command, attempt));
  }

  private async post(command: PostDirectMessage, attempt: Attempt): Promise<Outcome> {
    const { caller, chatId, receiverId, message, replyTo } = command;
    const chat = await this.chats.byId(chatId, attempt.deadline);
    const repliedTo = replyTo === null ? null : await this.known.find(replyTo, chat?.room ?? null, caller, attempt);
    const more = { ...(replyTo !== null && { replyTo }), ...(this.filter && { filter: this.filter }) };
    const said = { receiver: receiverId, sender: caller.person.speaker, content: message, ...more };
    const context = attempt.as(chat?.room ?? null);
    const isRefused = chat && this.settings.blockedMessages === 'refused';
    const blockers = isRefused ? await this.blocks.of(chat.room, attempt.deadline) : [];
    const decision = postToChat({ ...context, ...said }, chat, repliedTo, blockers);
    if ('refusal' in decision) {
      return this.known.unlessSaid(context, chat?.room ?? null, decision, caller, attempt);
    }
    await this.log.append(decision.event, attempt);
    this.recent.add(context.key);
    return { ack: { message_id: context.key } };
  }
}
