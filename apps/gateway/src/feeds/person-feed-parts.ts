import type { AskedLog } from '#event-store';
import type { DirectFeed } from './direct-feed.js';
import type { Rooms } from './rooms.js';

/** What is known of people is the same for all of them. */
export interface PersonFeedParts {
  readonly log: AskedLog;
  readonly rooms: Rooms;
  readonly newKey: () => string;
  /** Makes what follows somebody's direct chats. */
  readonly direct: (userId: string) => DirectFeed;
  /** Somebody is in another clan than before. */
  readonly moved: (userId: string) => void;
}
