import { encodeId, type Room } from '#domain';
import type { CollectionDefinition, Document } from '#read-models';

export const STATS_FORMAT = 2;

export const statsCollections = [
  { name: 'days' },
  { name: 'activeUsers' },
] as const satisfies readonly CollectionDefinition[];

/** The documents of each collection of the stats. */
export interface StatsDocuments {
  days: DayDocument;
  activeUsers: ActiveUserDocument;
}

export const dayId = (room: Room, day: string): string => `${room}:${day}`;
export const activeUserId = (room: Room, day: string, userId: string): string =>
  `${dayId(room, day)}:${encodeId(userId)}`;

/** What happened in a room on one UTC day: `_id` is `<room>:<day>`. */
export interface DayDocument extends Document {
  readonly room: Room;
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly counts: EventCounts;
  /** How many people did any of it. */
  readonly activeUsers: number;
}

/** What is counted, in the order it is shown. */
export const eventCounters = [
  'messages',
  'reactionsAdded',
  'reactionsRemoved',
  'edits',
  'deletions',
  'seenMarks',
  'chatsOpened',
  'joins',
  'leaves',
  'profileChanges',
] as const;

export type EventCounts = Readonly<Record<(typeof eventCounters)[number], number>>;

/**
 * Somebody did something in a room on that day: `_id` is `<room>:<day>:<user>`. Only ever inserted, so `seq` is that of
 * the first thing they did.
 */
export interface ActiveUserDocument extends Document {
  readonly room: Room;
  readonly day: string;
  readonly userId: string;
}
