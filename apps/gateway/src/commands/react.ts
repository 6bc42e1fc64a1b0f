import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type PublicRoom, publicRoom, react } from '#domain';
import { type AskedLog, EventLog } from '#event-store';
import type { Attempt } from './attempts.js';
import type { Caller, Outcome } from './command.js';
import { KnownMessages } from './known-messages.js';

/** A reaction to a message, or, with an empty emoji, taking it back; done once it is in the log. */
export class ReactToMessage extends Command<Outcome> {
  constructor(
    readonly caller: Caller,
    readonly room: PublicRoom,
    readonly messageId: string,
    readonly emoji: string,
    readonly clientId?: string,
  ) {
    super();
  }
}

@CommandHandler(ReactToMessage)
export class ReactToMessageHandler implements ICommandHandler<ReactToMessage> {
  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'append'>,
    @Inject(KnownMessages) private readonly messages: KnownMessages,
  ) {}

  execute(command: ReactToMessage): Promise<Outcome> {
    // Twice the same reaction is the same as once.
    return command.caller.attempts.make(command.clientId, null, (attempt) => this.react(command, attempt));
  }

  private async react(command: ReactToMessage, attempt: Attempt): Promise<Outcome> {
    const { caller, messageId, emoji } = command;
    const meant = publicRoom(command.room, caller.person);
    const message = await this.messages.find(messageId, meant, caller, attempt);
    // Asked again only now: the person may have been moved while the message was waited for.
    const { userId, speaker, clanId, sanctions } = caller.person;
    const room = publicRoom(command.room, { clanId });
    const reaction = { ...attempt.as(room), messageId, userId, userName: speaker.name, emoji };
    const decision = react(reaction, { room, message, sanctions });
    if ('refusal' in decision) return decision;
    if (decision.event) await this.log.append(decision.event, attempt);
    return { ack: { message_id: messageId } };
  }
}
