import { Inject, Injectable } from '@nestjs/common';
import { FrameRefused, shownTo, UNAVAILABLE } from '#protocol';
import { type Refused, type Room, UnreadableEvent } from '#domain';
import { type AskedLog, EventLog } from '#event-store';
import { type MessageDocument, ServedTimeline } from '#projections';
import { sleep } from '../patiently.js';
import type { Attempt, AttemptContext } from './attempts.js';
import type { Caller, Outcome } from './command.js';
import { readInTime } from './read-in-time.js';
import { RecentMessages } from './recent-messages.js';

/** How long a message that was just appended is waited for, and how often it is looked for. Milliseconds. */
const PATIENCE = 2_000;
const INTERVAL = 50;

/** The messages that a command may be about. */
@Injectable()
export class KnownMessages {
  constructor(
    @Inject(ServedTimeline) private readonly served: ServedTimeline,
    @Inject(RecentMessages) private readonly recent: RecentMessages,
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'last'>,
  ) {}

  /**
   * Whoever asks has seen the message, so it is in the read model, or knows it by its acknowledgement: then it may be on its
   * way there, whichever gateway it was sent by. As they are shown it; null where there is none.
   * @param room where it is looked for; null for nowhere
   * @throws FrameRefused, ReadModelsUnavailable, LogUnavailable
   */
  async find(messageId: string, room: Room | null, caller: Caller, attempt: Attempt): Promise<MessageDocument | null> {
    const { deadline } = attempt;
    const until = performance.now() + PATIENCE;
    const isShown = async (id: string | null) => id === null || (await readInTime(deadline, this.look(id))) !== null;
    /** The last message of the room, by the log: with it all before it are shown. Not asked for while undefined. */
    let last: string | null | undefined;
    for (;;) {
      // Asked first: what comes to be shown between the two is found then.
      const areAllShown = last !== undefined && (await isShown(last));
      const message = await readInTime(deadline, this.look(messageId));
      if (message) return shownTo(message, caller.person.userId);
      if (!caller.isOpen || areAllShown) return null;
      if (last === undefined) last = this.recent.has(messageId) ? messageId : await this.lastIn(room, deadline);
      else if (performance.now() > until) throw new FrameRefused(UNAVAILABLE);
      else await sleep(INTERVAL);
    }
  }

  /**
   * What a message comes to that may not be said: where it may be one that was sent before, and it was said then, it is
   * the same as it was.
   * @throws FrameRefused, ReadModelsUnavailable, LogUnavailable
   */
  async unlessSaid(
    { key, clientId }: AttemptContext,
    room: Room | null,
    refused: Refused,
    caller: Caller,
    attempt: Attempt,
  ): Promise<Outcome> {
    if (clientId === undefined || room === null) return refused;
    const said = await this.find(key, room, caller, attempt);
    return said?.room === room ? { ack: { message_id: key } } : refused;
  }

  /** Null where there is none, or it is one that nobody folds. */
  private async lastIn(room: Room | null, deadline: number): Promise<string | null> {
    if (room === null) return null;
    try {
      const last = await this.log.last(room, 'msg', deadline);
      return last?.type === 'MessageCreated' ? last.messageId : null;
    } catch (error) {
      if (error instanceof UnreadableEvent) return null;
      throw error;
    }
  }

  private async look(messageId: string): Promise<MessageDocument | null> {
    return (await this.served.pin()).queries.message(messageId);
  }
}
