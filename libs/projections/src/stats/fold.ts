import { authorOf, type RecordedEvent } from '#domain';
import { type Document } from '#read-models';
import {
  type ActiveUserDocument,
  activeUserId,
  type DayDocument,
  dayId,
  type EventCounts,
  STATS_FORMAT,
  statsCollections,
  type StatsDocuments,
} from './documents.js';
import { type Folded, type Need, nothing, type Projection, type View } from '../projection.js';

/**
 * How much happened in each room on each day, and by how many people: counts of the log's events, by the UTC day they
 * were decided on. What concerns one person (joins, leaves, profile) counts in the room of that person, where the log
 * has it: a clan's room may be in another partition, and a document is written from one only.
 */
export const stats: Projection<never> = {
  name: 'stats',
  format: STATS_FORMAT,
  kinds: undefined,
  collections: statsCollections,
  heads: null,
  needs,
  fold,
  sweep: null,
  // Counts hold nothing of anybody but that they were there.
  without: (_collection, document) => document,
  announce: () => [],
};

const none: EventCounts = {
  messages: 0,
  reactionsAdded: 0,
  reactionsRemoved: 0,
  edits: 0,
  deletions: 0,
  seenMarks: 0,
  chatsOpened: 0,
  joins: 0,
  leaves: 0,
  profileChanges: 0,
};

const counterOf = {
  MessageCreated: 'messages',
  ReactionAdded: 'reactionsAdded',
  ReactionRemoved: 'reactionsRemoved',
  MessageEdited: 'edits',
  MessageDeleted: 'deletions',
  MessagesSeen: 'seenMarks',
  ChatCreated: 'chatsOpened',
  MemberJoined: 'joins',
  MemberLeft: 'leaves',
  ProfileChanged: 'profileChanges',
  // What moderators decide is for those who look into it, not for counting.
  PersonMuted: null,
  PersonUnmuted: null,
  PersonBanned: null,
  PersonUnbanned: null,
  SlowModeChanged: null,
  // Nor is who wants to hear nothing of whom.
  PersonBlocked: null,
  PersonUnblocked: null,
  // Nor is it what happened in a room.
  UserErased: null,
} as const satisfies Record<RecordedEvent['type'], keyof EventCounts | null>;

const dayOf = (event: RecordedEvent): string => event.at.slice(0, 'YYYY-MM-DD'.length);

function needs(event: RecordedEvent): Need[] {
  if (counterOf[event.type] === null) return [];
  const userId = authorOf(event);
  return [
    { collection: 'days', id: dayId(event.room, dayOf(event)) },
    ...(userId === null ? [] : [{ collection: 'activeUsers', id: activeUserId(event.room, dayOf(event), userId) }]),
  ];
}

/**
 * The two documents are not written at one moment, so after a crash either may be ahead of the other. Each takes what it
 * lacks, by its own `seq`; and whether this is the first thing that somebody did is the same answer every time, since
 * the document that says so keeps the sequence of that event.
 */
function fold(view: View, event: RecordedEvent): Folded<never> {
  const counter = counterOf[event.type];
  if (counter === null) return nothing;
  const { room, seq } = event;
  const [day, userId] = [dayOf(event), authorOf(event)];
  const documents: Written[] = [];
  let isFirst = false;
  if (userId !== null) {
    const _id = activeUserId(room, day, userId);
    const active = view.get('activeUsers', _id) as ActiveUserDocument | null;
    if (!active) documents.push(inActiveUsers({ _id, seq, room, day, userId }));
    isFirst = !active || active.seq >= seq;
  }

  const today = (view.get('days', dayId(room, day)) as DayDocument | null) ?? emptyDay(event);
  if (today.seq < seq) {
    documents.push(
      inDays({
        ...today,
        seq,
        counts: { ...today.counts, [counter]: today.counts[counter] + 1 },
        activeUsers: today.activeUsers + (isFirst ? 1 : 0),
      }),
    );
  }
  return { documents, change: null };
}

function emptyDay(event: RecordedEvent): DayDocument {
  const { room } = event;
  const day = dayOf(event);
  return { _id: dayId(room, day), seq: 0, room, day, counts: none, activeUsers: 0 };
}

type Written = { readonly collection: keyof StatsDocuments; readonly document: Document };

const inDays = (document: DayDocument): Written => ({ collection: 'days', document });
const inActiveUsers = (document: ActiveUserDocument): Written => ({ collection: 'activeUsers', document });
