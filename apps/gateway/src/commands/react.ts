import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type PublicRoom, publicRoom, react, type Room } from '#domain';
import { type AskedLog, EventLog } from '#event-store';
import { FrameRefused, UNAVAILABLE } from '#protocol';
import { type MessageDocument, ServedTimeline } from '#projections';
import { RecentMessages } from './recent-messages.js';
import { sleep } from '../sleep.js';
import type { Attempt } from './attempts.js';
import type { Caller, Outcome } from './command.js';
import { readInTime } from './read-in-time.js';

/** How long a message that was just appended is waited for, and how often it is looked for. Milliseconds. */
const PATIENCE = 2_000;
const INTERVAL = 50;

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
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(RecentMessages) private readonly recent: RecentMessages,
  ) {}

  execute(command: ReactToMessage): Promise<Outcome> {
    // Twice the same reaction is the same as once.
    return command.caller.attempts.make(command.clientId, null, (attempt) => this.react(command, attempt));
  }

  private async react(command: ReactToMessage, attempt: Attempt): Promise<Outcome> {
    const { caller, messageId, emoji } = command;
    const messageRoom = await this.roomOf(messageId, caller, attempt);
    // Asked only now: the person may have been moved while the message was waited for.
    const { userId, speaker, clanId } = caller.person;
    const room = publicRoom(command.room, { clanId });
    const reaction = { ...attempt.as(room), messageId, userId, userName: speaker.name, emoji };
    const decision = react(reaction, { room, messageRoom });
    if ('refusal' in decision) return decision;
    if (decision.event) await this.log.append(decision.event, attempt);
    return { ack: { message_id: messageId } };
  }

  /** Who reacts has seen the message, so it is in the read model; only one of our own may be on its way there. */
  private async roomOf(messageId: string, caller: Caller, { deadline }: Attempt): Promise<Room | null> {
    const until = performance.now() + PATIENCE;
    for (;;) {
      const message = await readInTime(deadline, this.find(messageId));
      if (message) return message.room;
      if (!this.recent.has(messageId) || !caller.isOpen) return null;
      if (performance.now() > until) throw new FrameRefused(UNAVAILABLE);
      await sleep(INTERVAL);
    }
  }

  private async find(messageId: string): Promise<MessageDocument | null> {
    return (await this.served.pin()).queries.message(messageId);
  }
}
