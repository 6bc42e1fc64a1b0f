import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { markSeen, otherSide, type Room } from '#domain';
import { type AskedLog, DirectChats, EventLog } from '#event-store';
import { type InboxDocument, ServedTimeline } from '#projections';
import { type DirectSignal, personTopic } from '../feeds/signals.js';
import type { Attempt } from './attempts.js';
import type { Caller, Outcome } from './command.js';
import { readInTime, untilShown } from './read-in-time.js';

/** Marks all that is in a direct chat by now as seen by the caller; is done once the caller's queries show it. */
export class MarkChatSeen extends Command<Outcome> {
  constructor(
    readonly caller: Caller,
    readonly chatId: number,
    readonly clientId?: string,
  ) {
    super();
  }
}

@CommandHandler(MarkChatSeen)
export class MarkChatSeenHandler implements ICommandHandler<MarkChatSeen> {
  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'append' | 'live'>,
    @Inject(DirectChats) private readonly chats: DirectChats,
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
  ) {}

  execute(command: MarkChatSeen): Promise<Outcome> {
    // What is seen already is not marked again.
    return command.caller.attempts.make(command.clientId, null, (attempt) => this.mark(command, attempt));
  }

  private async mark({ caller, chatId }: MarkChatSeen, attempt: Attempt): Promise<Outcome> {
    const { userId } = caller.person;
    const chat = await this.chats.byId(chatId, attempt.deadline);
    // What the caller has seen was broadcast, so the entry holds it: it is written with the message. What is hidden from
    // them they have not.
    const entry = chat && (await readInTime(attempt.deadline, this.entry(userId, chat.room)));
    const command = { ...attempt.as(chat?.room ?? null), userId };
    const decision = markSeen(command, { chat, lastN: entry?.last?.n ?? 0, seenN: entry?.seenN ?? 0 });
    if ('refusal' in decision) return decision;
    if (decision.event) {
      const { room, n, at } = decision.event;
      await this.log.append(decision.event, attempt);
      const signal: DirectSignal = { type: 'seen', chatId, userId, n, at };
      this.log.live.signal(personTopic(otherSide(chat!.users, userId)!), JSON.stringify(signal));
      // No answer tells the caller when to ask for the counts again: they may at once.
      await untilShown(caller, attempt, async () => {
        const shown = await this.entry(userId, room);
        return shown && shown.seenN >= n ? shown : null;
      });
    }
    return { ack: { chat_id: chatId } };
  }

  private async entry(userId: string, room: Room): Promise<InboxDocument | null> {
    return (await this.served.pin()).queries.entry(userId, room);
  }
}
