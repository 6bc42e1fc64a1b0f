import { ERASED_NAME, partitionOf, type RecordedEvent, type Room, roomKind } from '#domain';
import { decodeRecord, type LogRecord } from '#event-store';

// The whole log read at once, with plain lists and counts, as the contract has it and without a line of the fold: what
// the timeline must show of it, whatever cut, killed or repeated the folding.

const MOST_REACTIONS = 500;

interface Said {
  readonly event: RecordedEvent & { readonly type: 'MessageCreated' };
  isErased: boolean;
  content: string;
  editedAt: string | null;
  isDeleted: boolean;
  /** Who blocked its sender when it was said; null for nobody. */
  readonly unheardBy: string | null;
  /** The same, also when it was edited. */
  hiddenFrom: string | null;
  /** The message that began the thread that this one is in; null for none. */
  readonly root: Said | null;
  /** By person, in the order they came; another one of the same person keeps the place. */
  readonly reactions: Map<string, { readonly userName: string; readonly emoji: string }>;
}

interface SeenMark {
  readonly userId: string;
  readonly n: number;
  readonly at: string;
}

export interface RoomRead {
  /** Message n is at n - 1. */
  readonly messages: Said[];
  /** Change rev is at rev - 1. */
  readonly changes: { readonly kind: 'message' | 'reaction' | 'edit'; readonly n: number }[];
  opened: (RecordedEvent & { readonly type: 'ChatCreated' }) | null;
  readonly marks: SeenMark[];
  blockers: readonly string[];
  /** How many changes there were when one of its people last had something new in their list of chats. */
  listedAt: number;
}

export interface TimelineRead {
  readonly rooms: ReadonlyMap<Room, RoomRead>;
  /** The sequences of what cannot be read, or cannot be after what came before. */
  readonly letters: readonly number[];
}

export function readTimeline(records: readonly LogRecord[]): TimelineRead {
  const rooms = new Map<Room, RoomRead>();
  const letters: number[] = [];
  for (const record of records) {
    const event = readable(record);
    if (event && roomKind(event.room) === 'user') continue;
    if (event && roomKind(event.room) === 'partition') {
      for (const [name, room] of rooms) if (partitionOf(name) === partitionOf(event.room)) erase(room, event);
      continue;
    }
    const room =
      event &&
      (rooms.get(event.room) ?? { messages: [], changes: [], opened: null, marks: [], blockers: [], listedAt: 0 });
    if (room && happens(room, event)) rooms.set(event.room, room);
    else letters.push(record.seq);
  }
  return { rooms, letters };
}

function readable(record: LogRecord): RecordedEvent | null {
  try {
    return decodeRecord(record);
  } catch {
    return null;
  }
}

/** False for what cannot be. */
function happens(room: RoomRead, event: RecordedEvent): boolean {
  const { messages, changes, opened, marks } = room;
  const isDirect = roomKind(event.room) === 'direct';
  const maySpeak = (userId: string) => !isDirect || (opened?.users.includes(userId) ?? false);
  switch (event.type) {
    case 'ChatCreated':
      if (isDirect && !opened) room.opened = event;
      return isDirect;
    case 'MessageCreated': {
      const isRepeated = messages.some((said) => said.event.messageId === event.messageId);
      if (event.clientId !== undefined && isRepeated) return true;
      if (!maySpeak(event.sender.id)) return false;
      const repliedTo = messages.find((said) => said.event.messageId === event.replyTo);
      const root = repliedTo ? (repliedTo.root ?? repliedTo) : null;
      const unheardBy = blockerOf(room, event.sender.id);
      messages.push({
        ...{ event, isErased: event.erased === true, content: event.content },
        ...{ editedAt: null, isDeleted: false, root, reactions: new Map(), unheardBy, hiddenFrom: unheardBy },
      });
      changes.push({ kind: 'message', n: messages.length });
      room.listedAt = changes.length;
      return true;
    }
    case 'ReactionAdded':
    case 'ReactionRemoved': {
      const n = 1 + messages.findIndex((said) => said.event.messageId === event.messageId);
      if (n === 0) return true;
      changes.push({ kind: 'reaction', n });
      const { reactions, isDeleted } = messages[n - 1]!;
      if (isDeleted) return true;
      if (event.type === 'ReactionRemoved') reactions.delete(event.userId);
      else if (reactions.has(event.userId) || reactions.size < MOST_REACTIONS) {
        reactions.set(event.userId, { userName: event.userName, emoji: event.emoji });
      }
      return true;
    }
    case 'MessageEdited':
    case 'MessageDeleted': {
      const said = messages.find((each) => each.event.messageId === event.messageId);
      if (!said) return true;
      changes.push({ kind: 'edit', n: messages.indexOf(said) + 1 });
      if (said.isDeleted) return true;
      const isListed = opened?.users.some((userId) => lastOf(room, userId) === said && said.hiddenFrom !== userId);
      if (event.type === 'MessageEdited') said.hiddenFrom ??= blockerOf(room, said.event.sender.id);
      said.content = event.type === 'MessageEdited' ? event.content : '';
      said.editedAt = event.type === 'MessageEdited' ? event.at : null;
      said.isDeleted = event.type === 'MessageDeleted';
      if (said.isDeleted) said.reactions.clear();
      if (isListed) room.listedAt = changes.length;
      return true;
    }
    case 'MessagesSeen': {
      if (!isDirect || !maySpeak(event.userId)) return false;
      const n = Math.min(event.n, messages.length);
      if (n <= seenBy(room, event.userId)) return true;
      marks.push({ userId: event.userId, n, at: event.at });
      room.listedAt = changes.length;
      return true;
    }
    case 'PersonBlocked':
    case 'PersonUnblocked':
      if (!isDirect || !maySpeak(event.by)) return false;
      room.blockers = event.blockers;
      room.listedAt = changes.length;
      return true;
    case 'SlowModeChanged':
      return true;
    case 'MemberJoined':
    case 'MemberLeft':
    case 'ProfileChanged':
    case 'PersonMuted':
    case 'PersonUnmuted':
    case 'PersonBanned':
    case 'PersonUnbanned':
    case 'UserErased':
      return false;
  }
}

/** Each message that holds something of the person is changed, in the order of their numbers. */
function erase(room: RoomRead, event: RecordedEvent): void {
  if (event.type !== 'UserErased') return;
  const { userId } = event;
  const lasts = (room.opened?.users ?? []).map((id) => lastOf(room, id));
  const firstListed = room.messages.find((said) => lasts.includes(said) && said.event.sender.id === userId);
  for (const [i, said] of room.messages.entries()) {
    const isTheirs = said.event.sender.id === userId;
    const reaction = said.reactions.get(userId);
    if (!isTheirs && !reaction) continue;
    room.changes.push({ kind: 'edit', n: i + 1 });
    if (reaction) said.reactions.set(userId, { ...reaction, userName: ERASED_NAME });
    if (!isTheirs) continue;
    said.isErased = true;
    said.content = '';
    if (said === firstListed) room.listedAt = room.changes.length;
  }
}

/** The other side of somebody, where it blocks them. */
const blockerOf = ({ opened, blockers }: RoomRead, userId: string): string | null =>
  blockers.find((id) => id !== userId && opened?.users.includes(id)) ?? null;

/** The last message that somebody is shown; that of before where they blocked who said the others. */
const lastOf = ({ messages }: RoomRead, userId: string): Said | undefined =>
  messages.findLast(({ unheardBy }) => unheardBy !== userId);

const seenBy = ({ marks }: RoomRead, userId: string): number =>
  Math.max(0, ...marks.filter((mark) => mark.userId === userId).map(({ n }) => n));

/** What anybody can ask of a room, as {@link shownBy} asks it. */
export function shownOf({ rooms }: TimelineRead, asked: readonly Room[]) {
  return asked.map((name) => {
    const room = rooms.get(name);
    const { messages = [], changes = [], opened = null } = room ?? {};
    return {
      room: name,
      position: { n: messages.length, rev: changes.length },
      messages: messages.map(({ event, isErased, content, editedAt, isDeleted, root, reactions, hiddenFrom }, i) => ({
        ...{ n: i + 1, rev0: 1 + changes.findIndex(({ n }) => n === i + 1) },
        ...{ rev: 1 + changes.findLastIndex(({ n }) => n === i + 1) },
        ...{ messageId: event.messageId, content },
        sender: isErased ? { id: event.sender.id, name: ERASED_NAME, avatar: null } : event.sender,
        ...{ feeling: isDeleted || isErased ? null : (event.feeling ?? null), at: event.at },
        ...(editedAt !== null && { editedAt }),
        ...(isDeleted && { deleted: true }),
        ...(event.replyTo !== undefined && { replyTo: event.replyTo }),
        ...(root && { root: messages.indexOf(root) + 1 }),
        ...(hiddenFrom !== null && { hiddenFrom }),
        reactions: [...reactions].map(([userId, reaction]) => ({ userId, ...reaction })),
      })),
      threads: messages.map((each) => {
        const root = each.root ?? each;
        const replies = messages.flatMap((said, i) => (said.root === root ? [i + 1] : []));
        return { root: messages.indexOf(root) + 1, replies };
      }),
      changes: changes.map(({ kind, n }, i) => ({ rev: i + 1, kind, n })),
      entries: room && opened ? opened.users.map((userId) => entryOf(name, room, opened, userId)) : [],
    };
  });
}

function entryOf(name: Room, room: RoomRead, opened: NonNullable<RoomRead['opened']>, userId: string) {
  const { messages, marks } = room;
  const seenN = seenBy(room, userId);
  const said = lastOf(room, userId);
  const last = said?.event;
  const isTaken = said?.hiddenFrom === userId;
  return {
    ...{ room: name, n: messages.length, rev: room.listedAt, chatId: opened.seq, userId, users: opened.users },
    ...{ receiverId: opened.users.find((other) => other !== userId)!, createdAt: opened.at, seenN },
    ...{ updatedAt: last?.at ?? opened.at, updatedSeq: last?.seq ?? opened.seq },
    last: last
      ? {
          ...{ seq: last.seq, n: messages.indexOf(said) + 1, messageId: last.messageId },
          ...{ senderId: last.sender.id, content: isTaken ? '' : said.content, at: last.at },
          ...((said.isDeleted || isTaken) && { deleted: true }),
        }
      : null,
    unread: messages.filter(
      ({ event, unheardBy }, i) => i + 1 > seenN && event.sender.id !== userId && unheardBy !== userId,
    ).length,
    ...(room.blockers.includes(userId) && { blocked: true }),
    seenAt: messages.map((_, i) => marks.find((mark) => mark.userId === userId && mark.n > i)?.at ?? null),
  };
}
