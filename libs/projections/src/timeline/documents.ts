import { type BlockersState, encodeId, ERASED_NAME, partitionOf, type Room } from '#domain';
import type { CollectionDefinition, Document } from '#read-models';

// What the fold of the timeline writes and its queries read.

/** Raised with every other shape or meaning of the timeline's documents: those of another format are not read. */
export const TIMELINE_FORMAT = 2;

export const timelineCollections = [
  { name: 'messages', index: 'messageId', list: 'people' },
  { name: 'changes' },
  { name: 'heads' },
  { name: 'inbox' },
  { name: 'seen' },
  { name: 'replies' },
] as const satisfies readonly CollectionDefinition[];

/** The documents of each collection of the timeline. */
export interface TimelineDocuments {
  messages: MessageDocument;
  changes: ChangeDocument;
  heads: HeadDocument;
  inbox: InboxDocument;
  seen: SeenDocument;
  replies: ReplyDocument;
}

/** Numbers in an `_id` are padded, so that their order as text is their order. */
const padded = (n: number): string => String(n).padStart(10, '0');

/** The `_id` of message `n` of a room, or of its change `rev`. */
export const placeId = (room: Room, number: number): string => `${room}:${padded(number)}`;
export const inboxId = (userId: string, room: Room): string => `${encodeId(userId)}:${room}`;
/** The `_id` of message `n` of a room in the thread that began with its message `root`. */
export const replyId = (room: Room, root: number, n: number): string => `${placeId(room, root)}:${padded(n)}`;
export const seenId = (room: Room, userId: string, n: number): string => `${room}:${encodeId(userId)}:${padded(n)}`;

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

/** How many messages each side of a direct chat has sent that the other one is shown, in the order of the room's name. */
export type Counts = readonly [number, number];

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
  /** When its content was changed last; not there where it never was. */
  readonly editedAt?: string;
  /** It was taken back: nothing of what it said is here any more. */
  readonly deleted?: true;
  /** The id of the message that it is a reply to; not there where it is none. */
  readonly replyTo?: string;
  /** The number of the message that its thread began with; not there where it is no reply. */
  readonly root?: number;
  /**
   * Who of the two people of a direct chat is not shown what it says: they blocked its sender when it was said, or edited,
   * by the order of the log. Not there where both are shown it.
   */
  readonly hiddenFrom?: string;
  /** Everybody of whom something is in here, as {@link personIn} names them: by this it is found when they are erased. */
  readonly people: readonly string[];
}

/** A person in the rooms of a partition. */
export const personIn = (partition: number, userId: string): string => `${partition}:${encodeId(userId)}`;

/** Of whom a message holds a text or a name: who said it, and who reacted to it. */
export function peopleOf({
  room,
  sender,
  reactions,
}: Pick<MessageDocument, 'room' | 'sender' | 'reactions'>): string[] {
  const partition = partitionOf(room);
  const ids = new Set([sender.id, ...reactions.map(({ userId }) => userId)]);
  return [...ids].map((userId) => personIn(partition, userId));
}

/** A message without what it holds of a person: the same object where that is nothing. */
export function messageWithout(message: MessageDocument, userId: string): MessageDocument {
  const said = message.sender.id === userId;
  const reacted = message.reactions.some((reaction) => reaction.userId === userId);
  if (!said && !reacted) return message;
  return {
    ...message,
    ...(said && { sender: { id: userId, name: ERASED_NAME, avatar: null }, content: '', feeling: null }),
    ...(reacted && {
      reactions: message.reactions.map((reaction) =>
        reaction.userId === userId ? { ...reaction, userName: ERASED_NAME } : reaction,
      ),
    }),
  };
}

/** The last message of a chat without what a person said in it: the same object where it is not theirs. */
export const lastWithout = (last: LastMessageView, userId: string): LastMessageView =>
  last.senderId === userId && last.content !== '' ? { ...last, content: '' } : last;

/** Says that change `rev` of a room changed its older message `n`: `_id` is `<room>:<rev>`. */
export interface ChangeDocument extends Document, Position {
  readonly room: Room;
  /** How many messages the room had then; so `rev - lastN` counts the changes like this one. */
  readonly lastN: number;
  /** What was changed: what it says, or, where this is not there, the reactions to it. */
  readonly kind?: 'edit';
}

/**
 * The fold's memory of a room: `_id` is the room. Written now and then, after everything that it counts; so it lags behind,
 * and what it counts is there.
 */
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
  /** What the receiver of `last`, from whom that is hidden, is shown in its place; not there where they are shown it. */
  readonly lastShown?: LastMessageView | null;
  /** Who of the two blocks the other; not there where nobody does. */
  readonly blockers?: BlockersState;
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
  readonly deleted?: true;
}

/** A direct chat as one of its two people sees it: `_id` is `<user>:<room>`. */
export interface InboxDocument extends Document, Position {
  readonly room: Room;
  readonly chatId: number;
  readonly userId: string;
  readonly receiverId: string;
  readonly users: readonly [string, string];
  readonly createdAt: string;
  /** When and at which sequence the last message came that they are shown, or it was opened: what "latest first" goes by. */
  readonly updatedAt: string;
  readonly updatedSeq: number;
  readonly last: LastMessageView | null;
  readonly seenN: number;
  /** The other side's messages after `seenN`, of those that they are shown. */
  readonly unread: number;
  /** They block the other side. */
  readonly blocked?: true;
}

/** Somebody has seen a chat up to `n`: `_id` is `<room>:<user>:<n>`. Only ever inserted. */
export interface SeenDocument extends Document {
  readonly room: Room;
  readonly userId: string;
  readonly n: number;
  readonly at: string;
}

/** Says that message `n` of a room is in the thread that began with message `root`: `_id` is `<room>:<root>:<n>`. Only ever inserted. */
export interface ReplyDocument extends Document {
  readonly room: Room;
  readonly root: number;
  readonly n: number;
}
