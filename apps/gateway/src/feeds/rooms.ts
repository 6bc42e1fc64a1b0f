import { Logger } from '@nestjs/common';
import pMap from 'p-map';
import type { Room } from '#domain';
import type { Timeline } from '#projections';
import type { Pinned } from '#read-models';
import { RoomFeed, type RoomFeedParts } from './room-feed.js';

/** How many rooms are looked up in another version at the same time. */
const MOVED_AT_ONCE = 64;

/** The rooms of the room API that somebody of this gateway is in. A feed begins with the first and ends with the last. */
export class Rooms {
  readonly #logger = new Logger(Rooms.name);
  readonly #feeds = new Map<Room, { readonly feed: RoomFeed; people: number }>();
  #paused = false;

  constructor(private readonly parts: RoomFeedParts) {}

  get size(): number {
    return this.#feeds.size;
  }

  /** One more person is in this room. */
  enter(room: Room): RoomFeed {
    let entry = this.#feeds.get(room);
    if (!entry) {
      entry = { feed: new RoomFeed(room, this.parts), people: 0 };
      if (this.#paused) entry.feed.pause();
      this.#feeds.set(room, entry);
    }
    entry.people++;
    return entry.feed;
  }

  leave(feed: RoomFeed): void {
    const entry = this.#feeds.get(feed.room);
    if (entry?.feed !== feed || --entry.people > 0) return;
    this.#feeds.delete(feed.room);
    feed.stop();
  }

  /** Every feed that there is goes on in another version of the timeline. */
  async move(to: Pinned<Timeline>): Promise<void> {
    const feeds = [...this.#feeds.values()].map(({ feed }) => feed);
    const move = async (feed: RoomFeed): Promise<void> => {
      try {
        await feed.move(to);
      } catch (error) {
        this.#logger.error(`${feed.room} in timeline ${to.version}: ${String(error)}`);
      }
    };
    await pMap(feeds, move, { concurrency: MOVED_AT_ONCE });
  }

  pause(): void {
    this.#paused = true;
    for (const { feed } of this.#feeds.values()) feed.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const { feed } of this.#feeds.values()) feed.resume();
  }
}
