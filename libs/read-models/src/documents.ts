import type { Room } from '#domain';

// The documents of the read models: what the projections write and the queries read. Every document carries `seq`, the
// stream sequence of the last event folded into it, which guards its writes. `_id`s are built to be the order that is
// asked for, so that every page is a range of them.

export interface Document {
  readonly _id: string;
  readonly seq: number;
}

/** A place within a room: `n` counts its messages, `rev` its changes; both from 1 and without holes, 0 for none. */
export interface Position {
  readonly n: number;
  readonly rev: number;
}

export interface SenderView {
  readonly id: string;
  readonly name: string;
  /** JSON text of an object, or null. */
  readonly avatar: string | null;
}

export interface ReactionView {
  readonly userId: string;
  readonly userName: string;
  readonly emoji: string;
}

/** How many messages each side of a direct chat has sent, in the order of the room's name. */
export type Counts = readonly [number, number];

/**
 * Says that a room's documents lack an event, which could not be folded: `_id` is `<room>:<seq>`. Every projection has
 * them, beside its own documents.
 */
export interface GapDocument extends Document {
  readonly room: Room;
}

/** A message, at its place: `_id` is `<room>:<n>`. */
export interface MessageDocument extends Document, Position {
  readonly room: Room;
  /** The room's change number at its creation; `rev` is that of its last change. */
  readonly rev0: number;
  readonly messageId: string;
  readonly sender: SenderView;
  readonly content: string;
  readonly feeling: string | null;
  readonly reactions: readonly ReactionView[];
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  /** In direct chats, the counts with this message included. */
  readonly sent: Counts | null;
}

/** Says that change `rev` of a room changed its older message `n`: `_id` is `<room>:<rev>`. */
export interface ChangeDocument extends Document, Position {
  readonly room: Room;
  /** How many messages the room had then; so `rev - lastN` counts the changes like this one. */
  readonly lastN: number;
}

/** The fold's memory of a room, written now and then: `_id` is the room. No query reads it. */
export interface HeadDocument extends Document, Position {
  readonly chat: ChatView | null;
}

/** What the head of a direct chat knows beside its position. */
export interface ChatView {
  readonly chatId: number;
  readonly users: readonly [string, string];
  readonly createdAt: string;
  readonly sent: Counts;
  /** Up to which n each side has seen the chat, and what `sent` was at that n. */
  readonly seen: readonly [SeenView, SeenView];
  readonly last: LastMessageView | null;
}

export interface SeenView {
  readonly n: number;
  readonly sent: Counts;
}

export interface LastMessageView {
  readonly seq: number;
  readonly n: number;
  readonly messageId: string;
  readonly senderId: string;
  readonly content: string;
  readonly at: string;
}

/** A direct chat as one of its two people sees it: `_id` is `<user>:<room>`. */
export interface InboxDocument extends Document, Position {
  readonly room: Room;
  readonly chatId: number;
  readonly userId: string;
  readonly receiverId: string;
  readonly users: readonly [string, string];
  readonly createdAt: string;
  /** When and at which sequence its last message came, or it was opened: what "latest first" goes by. */
  readonly updatedAt: string;
  readonly updatedSeq: number;
  readonly last: LastMessageView | null;
  readonly seenN: number;
  /** The other side's messages after `seenN`. */
  readonly unread: number;
}

/** Somebody has seen a chat up to `n`: `_id` is `<room>:<user>:<n>`. Only ever inserted. */
export interface SeenDocument extends Document {
  readonly room: Room;
  readonly userId: string;
  readonly n: number;
  readonly at: string;
}

/** A person: `_id` is the encoded user id. A name or clan of null is one the log knows nothing of. */
export interface PersonDocument extends Document {
  readonly userId: string;
  readonly name: string | null;
  readonly avatar: string | null;
  readonly clanId: string | null;
  /** The sequences of the last `profile` and `member` events; 0 for none. */
  readonly profileSeq: number;
  readonly memberSeq: number;
}

/** What happened in a room on one UTC day: `_id` is `<room>:<day>`. */
export interface DayDocument extends Document {
  readonly room: Room;
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly counts: EventCounts;
  /** How many people did any of it. */
  readonly activeUsers: number;
}

export interface EventCounts {
  readonly messages: number;
  readonly reactionsAdded: number;
  readonly reactionsRemoved: number;
  readonly seenMarks: number;
  readonly chatsOpened: number;
  readonly joins: number;
  readonly leaves: number;
  readonly profileChanges: number;
}

/**
 * Somebody did something in a room on that day: `_id` is `<room>:<day>:<user>`. Only ever inserted, so `seq` is that of
 * the first thing they did.
 */
export interface ActiveUserDocument extends Document {
  readonly room: Room;
  readonly day: string;
  readonly userId: string;
}
