import { Inject, Injectable } from '@nestjs/common';
import { FrameRefused, UNAVAILABLE } from '#protocol';
import { type MessageDocument, ServedTimeline } from '#projections';
import { sleep } from '../sleep.js';
import type { Attempt } from './attempts.js';
import type { Caller } from './command.js';
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
   * Whoever asks has seen the message, so it is in the read model; only one of our own may be on its way there. Null
   * where there is none.
   * @throws FrameRefused, ReadModelsUnavailable
   */
  async find(messageId: string, caller: Caller, { deadline }: Attempt): Promise<MessageDocument | null> {
    const until = performance.now() + PATIENCE;
    for (;;) {
      const message = await readInTime(deadline, this.look(messageId));
      if (message) return message;
      if (!this.recent.has(messageId) || !caller.isOpen) return null;
      if (performance.now() > until) throw new FrameRefused(UNAVAILABLE);
      await sleep(INTERVAL);
    }
  }

  private async look(messageId: string): Promise<MessageDocument | null> {
    return (await this.served.pin()).queries.message(messageId);
  }
}
