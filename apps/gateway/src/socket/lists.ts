import { Inject, Injectable } from '@nestjs/common';
import { CLOSE, type DirectList } from '#protocol';
import { FairQueue } from '#platform';
import type { Done } from '../commands/command.js';
import { lengthOf, listFrame, type Parts } from './text-frame.js';
import type { Session } from './session.js';
import { type GatewaySettings, SETTINGS } from '../settings.js';

/** How many lists are made at the same time; each waits for the database most of its time. */
const AT_ONCE = 2;

/**
 * Answers that may hold a thousand messages or chats. Few are made at a time, one for each person, and none while those
 * that nobody has read yet take too much memory together. Nothing else waits for them but what comes behind one on its
 * own connection.
 */
@Injectable()
export class Lists {
  readonly #queue: FairQueue;
  /** Bytes of those that are made and not read yet. */
  #unread = 0;

  constructor(@Inject(SETTINGS) { limits }: Pick<GatewaySettings, 'limits'>) {
    this.#queue = new FairQueue({
      atOnce: AT_ONCE,
      hasRoom: () => this.#unread < limits.unreadListBytes,
      patience: limits.listSeconds * 1_000,
    });
  }

  /**
   * Resolves once the list has gone, or the connection has ended. What has to be asked before must be asked by now: the
   * parts are read in turn.
   * @throws TurnMissed, and what reading throws
   */
  async give(session: Session, event: DirectList['event'], parts: Parts): Promise<Done> {
    await this.send(session, () => listFrame(event, whileOpen(session, parts)));
    return { ack: {} };
  }

  /** The same of whole frames, as few or many as are made: none is written before all of them are there. */
  send(session: Session, make: () => Promise<readonly Buffer[]>): Promise<void> {
    return this.#queue.run(
      session.person.userId,
      async () => {
        const frame = session.isOpen ? await make() : [];
        this.#unread += lengthOf(frame);
        return frame;
      },
      async (frame, end) => {
        // Others wait for the room.
        end.addEventListener('abort', () => {
          session.close(CLOSE.slowReader);
        });
        if (frame.length > 0) await session.replyList(frame);
        this.#unread -= lengthOf(frame);
      },
    );
  }
}

/** Once the connection has ended no more is read: nobody gets it. */
async function* whileOpen(session: Session, parts: Parts): Parts {
  for await (const part of parts) {
    yield part;
    if (!session.isOpen) return;
  }
}
