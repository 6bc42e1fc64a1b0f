import { Inject, Injectable } from '@nestjs/common';
import { CLOSE, type DirectEvent } from '#protocol';
import { FairQueue } from '#platform';
import { lengthOf, listFrame, type Parts } from './list-frame.js';
import type { Session } from './session.js';
import { type GatewaySettings, SETTINGS } from './settings.js';

/** How many lists are made at the same time; each waits for the database most of its time. */
const AT_ONCE = 2;

/** Whoever has not read a list by then is closed where others wait for its room. Milliseconds. */
const GRACE = 5_000;

/** A list that is made, and who has yet to read it, since when. */
interface Unread {
  readonly frame: readonly Buffer[];
  readonly session: Session;
  readonly since: number;
}

/**
 * Answers that may hold a thousand messages or chats. Few are made at a time, one for each person, and none while those
 * that nobody has read yet take too much memory together. Nothing else waits for them but what comes behind one on its
 * own connection.
 */
@Injectable()
export class Lists {
  readonly #queue: FairQueue;
  readonly #unreadLimit: number;
  /** The oldest first. */
  readonly #unread = new Set<Unread>();
  /** Of all of these together. */
  #unreadBytes = 0;
  #nextLook: NodeJS.Timeout | undefined;

  constructor(@Inject(SETTINGS) { limits }: Pick<GatewaySettings, 'limits'>) {
    this.#unreadLimit = limits.unreadListBytes;
    this.#queue = new FairQueue({
      atOnce: AT_ONCE,
      hasRoom: () => this.#unreadBytes < this.#unreadLimit || this.#makeRoom(),
      patience: limits.listSeconds * 1_000,
    });
  }

  /**
   * Resolves once the list has gone, or the connection has ended. What has to be asked before must be asked by now: the
   * parts are read in turn.
   * @throws TurnMissed, and what reading throws
   */
  give(session: Session, event: DirectEvent, parts: Parts): Promise<void> {
    return this.#queue.run(
      session.person.userId,
      async () => {
        const frame = session.isOpen ? await listFrame(event, whileOpen(session, parts)) : [];
        const list = { frame, session, since: performance.now() };
        this.#unread.add(list);
        this.#unreadBytes += lengthOf(frame);
        return list;
      },
      async (list) => {
        await session.replyList(list.frame);
        this.#unread.delete(list);
        this.#unreadBytes -= lengthOf(list.frame);
      },
    );
  }

  /** Somebody waits for room. There is none at once: a connection that is closed has a moment left. */
  #makeRoom(): false {
    const [oldest] = this.#unread;
    if (!oldest) return false;
    const left = oldest.since + GRACE - performance.now();
    if (left <= 0) oldest.session.close(CLOSE.slowReader);
    else {
      clearTimeout(this.#nextLook);
      this.#nextLook = setTimeout(() => {
        this.#queue.goOn();
      }, left).unref();
    }
    return false;
  }
}

/** Once the connection has ended no more is read: nobody gets it. */
async function* whileOpen(session: Session, parts: Parts): Parts {
  for await (const part of parts) {
    yield part;
    if (!session.isOpen) return;
  }
}
