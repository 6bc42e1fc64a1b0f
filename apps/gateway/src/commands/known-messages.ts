import { Inject, Injectable } from '@nestjs/common';
import { FrameRefused, shownTo, UNAVAILABLE } from '#protocol';
import type { Refused, Room } from '#domain';
import { type MessageDocument, ServedTimeline } from '#projections';
import { sleep } from '../sleep.js';
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
  ) {}

  /**
   * Whoever asks has seen the message, so it is in the read model; only one of our own may be on its way there. As they
   * are shown it; null where there is none.
   * @throws FrameRefused, ReadModelsUnavailable
   */
  async find(messageId: string, caller: Caller, { deadline }: Attempt): Promise<MessageDocument | null> {
    const until = performance.now() + PATIENCE;
    for (;;) {
      const message = await readInTime(deadline, this.look(messageId));
      if (message) return shownTo(message, caller.person.userId);
      if (!this.recent.has(messageId) || !caller.isOpen) return null;
      if (performance.now() > until) throw new FrameRefused(UNAVAILABLE);
      await sleep(INTERVAL);
    }
  }

  /**
   * What a message comes to that may not be said: where it may be one that was sent before, and it was said then, it is
   * the same as it was.
   * @throws ReadModelsUnavailable
   */
  async unlessSaid(
    { key, clientId }: AttemptContext,
    room: Room | null,
    refused: Refused,
    { deadline }: Attempt,
  ): Promise<Outcome> {
    if (clientId === undefined || room === null) return refused;
    const said = await readInTime(deadline, this.look(key));
    return said?.room === room ? { ack: { message_id: key } } : refused;
  }

  private async look(messageId: string): Promise<MessageDocument | null> {
    return (await this.served.pin()).queries.message(messageId);
  }
}
