import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  deleteMessage,
  editMessage,
  isModerated,
  type PublicRoom,
  publicRoom,
  refused,
  type Room,
  type WordFilter,
} from '#domain';
import { type AskedLog, DirectChats, EventLog } from '#event-store';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import type { Attempt } from './attempts.js';
import { Blocks } from './blocks.js';
import { WORD_FILTER } from './checked-word-filter.js';
import type { Caller, Outcome } from './command.js';
import { KnownMessages } from './known-messages.js';

/**
 * Another content for a message of one's own, or, with none, taking it back, by a moderator anybody's; done once it is in
 * the log.
 */
export class ChangeMessage extends Command<Outcome> {
  constructor(
    readonly caller: Caller,
    /** The room that is meant, or the number of a direct chat. */
    readonly room: PublicRoom | number,
    readonly messageId: string,
    readonly content: string | null,
    readonly clientId?: string,
    /** Why a moderator takes it away. */
    readonly reason?: string | null,
  ) {
    super();
  }
}

@CommandHandler(ChangeMessage)
export class ChangeMessageHandler implements ICommandHandler<ChangeMessage> {
  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'append'>,
    @Inject(DirectChats) private readonly chats: Pick<DirectChats, 'ofPerson'>,
    @Inject(KnownMessages) private readonly messages: KnownMessages,
    @Inject(Blocks) private readonly blocks: Pick<Blocks, 'of'>,
    @Inject(SETTINGS) private readonly settings: Pick<GatewaySettings, 'editWithinSeconds' | 'blockedMessages'>,
    @Inject(WORD_FILTER) private readonly filter: WordFilter | null,
  ) {}

  execute(command: ChangeMessage): Promise<Outcome> {
    // Twice the same change is the same as once.
    return command.caller.attempts.make(command.clientId, null, (attempt) => this.change(command, attempt));
  }

  private async change(command: ChangeMessage, attempt: Attempt): Promise<Outcome> {
    const { caller, messageId, content, reason, room: meant } = command;
    const { userId } = caller.person;
    const chat = typeof meant === 'number' ? await this.roomOf(userId, meant, attempt) : null;
    if (typeof meant === 'number' && !chat) return refused('not_found', 'no such chat', 'chat_id');
    const isRefused = chat && this.settings.blockedMessages === 'refused';
    const blockers = isRefused ? await this.blocks.of(chat, attempt.deadline) : [];
    const roomNow = () => (typeof meant === 'number' ? chat : publicRoom(meant, caller.person));
    const message = await this.messages.find(messageId, roomNow(), caller, attempt);
    // Asked again only now: the person may have been moved while the message was waited for.
    const { sanctions } = caller.person;
    const room = roomNow();
    const change = { ...attempt.as(room), messageId, userId };
    const state = { room, message, sanctions, blockers };
    const { editWithinSeconds: withinSeconds } = this.settings;
    const isModerator = room !== null && isModerated(caller.moderates, room);
    const filter = this.filter && { filter: this.filter };
    const decision =
      content === null
        ? deleteMessage({ ...change, isModerator, ...(reason != null && { reason }) }, state)
        : editMessage({ ...change, content, withinSeconds, ...filter }, state);
    if ('refusal' in decision) return decision;
    if (decision.event) await this.log.append(decision.event, attempt);
    return { ack: { message_id: messageId } };
  }

  private async roomOf(userId: string, chatId: number, { deadline }: Attempt): Promise<Room | null> {
    return (await this.chats.ofPerson(userId, chatId, deadline))?.room ?? null;
  }
}
