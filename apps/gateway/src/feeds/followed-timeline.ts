import { Logger } from '@nestjs/common';
import type { CaughtUp, ServedTimeline, Timeline } from '#projections';
import { NotServed, PIN_AGE_MS, type Pinned } from '#read-models';
import { sleep } from '../patiently.js';

/** So long after a swap everybody who answers questions asks the new version, and may be told what only it has. */
const GRACE_MS = 2 * PIN_AGE_MS;

export interface TimelineListener {
  /** Another version is followed from now on. */
  moved(to: Pinned<Timeline>): Promise<void>;
  /** There is nothing to follow any more: what is served this release cannot read, or what was followed is lost. */
  ended(reason: string): void;
}

/**
 * The version of the timeline that the feeds of this gateway follow: the one that is served, once it holds what the log
 * held when this gateway first saw it served.
 */
export class FollowedTimeline {
  readonly #logger = new Logger(FollowedTimeline.name);
  #current: Pinned<Timeline> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking = false;
  /** The version that is to be followed next, and when it was first seen served, on the monotonic clock. */
  #next: { readonly version: number; readonly seenAt: number } | null = null;
  #hindrance: string | null = 'which timeline is served is not known yet: wait, and see that the read models are up';

  constructor(
    private readonly served: ServedTimeline,
    private readonly isCaughtUp: CaughtUp,
    private readonly listener: TimelineListener,
  ) {}

  /** Why nothing can be followed, or null. */
  get hindrance(): string | null {
    return this.#hindrance;
  }

  /** @throws NotServed where nothing is followed yet */
  get current(): Pinned<Timeline> {
    if (!this.#current) throw new NotServed(this.#hindrance!);
    return this.#current;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#look(), PIN_AGE_MS).unref();
    void this.#look();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#follow(await this.served.pin());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof NotServed) this.#end(reason);
      // Where the servers are away, what is followed goes on; the next look comes soon.
      else this.#logger.debug(`which timeline is served: ${reason}`);
    }
    this.#looking = false;
  }

  async #follow(served: Pinned<Timeline>): Promise<void> {
    const followed = this.#current;
    // After a swap, or a wait for one, the one that was followed is kept: the feeds go on from where they are.
    const isKept =
      followed !== null && (followed.version === served.version || served.earlier.includes(followed.version));
    if (followed && !isKept) {
      this.#end('the read models were emptied: wait until the log is folded anew, and see that a projector runs');
    }
    if (followed?.version !== served.version) {
      if (this.#next?.version !== served.version) this.#next = { version: served.version, seenAt: performance.now() };
      if (!(await this.isCaughtUp(served.version))) {
        if (!followed) this.#hindrance = 'the read models are behind the log: wait, and see that a projector runs';
        return;
      }
      if (isKept) await sleep(Math.max(0, this.#next.seenAt + GRACE_MS - performance.now()));
      this.#current = served;
      if (followed) {
        this.#logger.log(`the timeline is served in version ${served.version}`);
        await this.listener.moved(served);
      }
    }
    this.#hindrance = null;
  }

  /** Also of those who had come too far to be kept out when it first ended. */
  #end(reason: string): void {
    this.#hindrance = reason;
    this.listener.ended(reason);
  }
}
