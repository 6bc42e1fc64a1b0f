import type { RecordedEvent } from '#domain';
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
import type { Folded, Need, Projection, View } from '../projection.js';

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
} as const satisfies Record<RecordedEvent['type'], keyof EventCounts>;

const dayOf = (event: RecordedEvent): string => event.at.slice(0, 'YYYY-MM-DD'.length);

function actorOf(event: RecordedEvent): string {
  switch (event.type) {
    case 'MessageCreated':
      return event.sender.id;
    case 'ChatCreated':
      return event.by;
    case 'ReactionAdded':
    case 'ReactionRemoved':
    case 'MessageEdited':
    case 'MessageDeleted':
    case 'MessagesSeen':
    case 'MemberJoined':
    case 'MemberLeft':
    case 'ProfileChanged':
      return event.userId;
  }
}

function needs(event: RecordedEvent): Need[] {
  return [
    { collection: 'days', id: dayId(event.room, dayOf(event)) },
    { collection: 'activeUsers', id: activeUserId(event.room, dayOf(event), actorOf(event)) },
  ];
}

/**
 * The two documents are not written at one moment, so after a crash either may be ahead of the other. Each takes what it
 * lacks, by its own `seq`; and whether this is the first thing that somebody did is the same answer every time, since
 * the document that says so keeps the sequence of that event.
 */
function fold(view: View, event: RecordedEvent): Folded<never> {
  const { room, seq } = event;
  const [day, userId] = [dayOf(event), actorOf(event)];
  const activeId = activeUserId(room, day, userId);
  const active = view.get('activeUsers', activeId) as ActiveUserDocument | null;
  const documents: Written[] = [];
  if (!active) documents.push(inActiveUsers({ _id: activeId, seq, room, day, userId }));

  const today = (view.get('days', dayId(room, day)) as DayDocument | null) ?? emptyDay(event);
  if (today.seq < seq) {
    const counter = counterOf[event.type];
    const isFirst = !active || active.seq >= seq;
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
