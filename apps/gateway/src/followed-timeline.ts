import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { OtherFormat, PIN_AGE_MS, type Pinned, type ServedTimeline, type Timeline } from '#read-models';

/** So long after a swap everybody who answers questions asks the new version, and may be told what only it has. */
const GRACE_MS = 2 * PIN_AGE_MS;

export interface TimelineListener {
  /** Another version is followed from now on. */
  moved(to: Pinned<Timeline>): Promise<void>;
  /** What is served now this release cannot read: there is nothing to follow any more. */
  ended(reason: string): void;
}

/** The version of the timeline that the feeds of this gateway follow: the one that is served, a moment later. */
export class FollowedTimeline {
  readonly #logger = new Logger(FollowedTimeline.name);
  #current: Pinned<Timeline> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking = false;
  #hindrance: string | null = null;

  constructor(
    private readonly served: ServedTimeline,
    private readonly listener: TimelineListener,
  ) {}

  /** Why nothing can be followed, or null. */
  get hindrance(): string | null {
    return this.#hindrance;
  }

  /** @throws ReadModelsUnavailable */
  async current(): Promise<Pinned<Timeline>> {
    return (this.#current ??= await this.served.pin());
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      if (!this.#looking) void this.#look();
    }, PIN_AGE_MS).unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      await this.#follow(await this.served.pin());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof OtherFormat) this.#end(reason);
      // Where the read models are away, what is followed goes on; the next look comes soon.
      this.#logger.debug(`which timeline is served: ${reason}`);
    }
    this.#looking = false;
  }

  async #follow(served: Pinned<Timeline>): Promise<void> {
    const followed = this.#current?.version ?? served.version;
    if (served.version < followed) {
      // The versions count from the beginning again: what is folded now is old, and no news.
      this.#end('the read models were emptied: restart this gateway, which waits until they have caught up');
      return;
    }
    // What was of another format, before the swap that this release waited for, is so no more.
    this.#hindrance = null;
    if (served.version === followed) return;
    await sleep(GRACE_MS);
    this.#logger.log(`the timeline is served in version ${served.version}`);
    this.#current = served;
    await this.listener.moved(served);
  }

  /** Also of those who had come too far to be kept out when it first ended. */
  #end(reason: string): void {
    this.#hindrance = reason;
    this.listener.ended(reason);
  }
}
