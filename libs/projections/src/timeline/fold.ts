import {
  type BlockEvent,
  type ChatCreated,
  type MessageCreated,
  type MessagesSeen,
  partitionOf,
  type RecordedEvent,
  roomKind,
} from '#domain';
import { type Document } from '#read-models';
import {
  type ChangeDocument,
  type ChatView,
  type HeadDocument,
  type MessageDocument,
  personIn,
  placeId,
  type SeenView,
  seenId,
  TIMELINE_FORMAT,
  timelineCollections,
  type TimelineDocuments,
} from './documents.js';
import { erasureOfMessages, timelineWithout } from './erasure.js';
import { announce, type RoomChange } from './room-changes.js';
import { inboxEntries } from './inbox-entries.js';
import { chatAfterBlock, chatAfterEdit, chatAfterMessage, chatAfterSeen, receiverWhoBlocks, sideOf } from './chat.js';
import { inThread, replyFields } from './replies.js';
import { type Folded, type Need, nothing, type Projection, UnfoldableEvent, type View } from '../projection.js';
import { type ChangingEvent, changedBy } from './changed-message.js';

/** Messages, rooms, reactions, seen marks and the inbox entries of direct chats. */
export const timeline: Projection<RoomChange> = {
  name: 'timeline',
  format: TIMELINE_FORMAT,
  kinds: undefined,
  collections: timelineCollections,
  heads: 'heads',
  needs,
  fold,
  sweep: erasureOfMessages,
  without: timelineWithout,
  announce,
};

/** What concerns one person is not of a room; what concerns a whole partition is swept. */
function isPseudoRoom({ room }: RecordedEvent): boolean {
  const kind = roomKind(room);
  return kind === 'user' || kind === 'partition';
}

function needs(event: RecordedEvent): Need[] {
  if (isPseudoRoom(event)) return [];
  const head: Need = { collection: 'heads', id: event.room };
  switch (event.type) {
    case 'MessageCreated': {
      const { messageId, clientId, replyTo } = event;
      const ids = [...(clientId === undefined ? [] : [messageId]), ...(replyTo === undefined ? [] : [replyTo])];
      return [head, ...ids.map((value) => ({ collection: 'messages', value }))];
    }
    case 'ReactionAdded':
    case 'ReactionRemoved':
    case 'MessageEdited':
    case 'MessageDeleted':
      return [head, { collection: 'messages', value: event.messageId }];
    case 'MessagesSeen':
      return [head, { collection: 'messages', id: placeId(event.room, event.n) }];
    case 'ChatCreated':
    case 'MemberJoined':
    case 'MemberLeft':
    case 'ProfileChanged':
    case 'PersonMuted':
    case 'PersonUnmuted':
    case 'PersonBanned':
    case 'PersonUnbanned':
    case 'SlowModeChanged':
    case 'PersonBlocked':
    case 'PersonUnblocked':
    case 'UserErased':
      return [head];
  }
}

function fold(view: View, event: RecordedEvent): Folded<RoomChange> {
  if (isPseudoRoom(event)) return nothing;
  const head = (view.get('heads', event.room) as HeadDocument | null) ?? {
    _id: event.room,
    seq: 0,
    n: 0,
    rev: 0,
    chat: null,
  };
  if (event.seq <= head.seq) return nothing;
  switch (event.type) {
    case 'ChatCreated':
      return chatCreated(head, event);
    case 'MessageCreated':
      return messageCreated(view, head, event);
    case 'ReactionAdded':
    case 'ReactionRemoved':
    case 'MessageEdited':
    case 'MessageDeleted':
      return messageChanged(view, head, event);
    case 'MessagesSeen':
      return messagesSeen(view, head, event);
    case 'PersonBlocked':
    case 'PersonUnblocked':
      return blocksChanged(head, event);
    // How often people may speak is none of a room's changes.
    case 'SlowModeChanged':
      return folded(headAfter(head, event));
    case 'MemberJoined':
    case 'MemberLeft':
    case 'ProfileChanged':
    case 'PersonMuted':
    case 'PersonUnmuted':
    case 'PersonBanned':
    case 'PersonUnbanned':
    case 'UserErased':
      throw new UnfoldableEvent(`${event.type} in the room ${event.room}`);
  }
}

function chatCreated(head: HeadDocument, event: RecordedEvent<ChatCreated>): Folded<RoomChange> {
  if (roomKind(event.room) !== 'direct') throw new UnfoldableEvent(`ChatCreated in the room ${event.room}`);
  if (head.chat) return folded(headAfter(head, event));
  const unseen: SeenView = { n: 0, sent: [0, 0] };
  const chat: ChatView = {
    chatId: event.seq,
    users: event.users,
    createdAt: event.at,
    sent: [0, 0],
    seen: [unseen, unseen],
    last: null,
  };
  const opened = headAfter(head, event, { chat });
  return folded(opened, inboxEntries(opened, chat));
}

/**
 * A message takes the next place. One whose id is at a place up to the head already is a duplicate, and takes none;
 * beyond the head it is this very event, written before a crash.
 */
function messageCreated(view: View, head: HeadDocument, event: RecordedEvent<MessageCreated>): Folded<RoomChange> {
  if (event.clientId !== undefined) {
    const earlier = view.find('messages', event.messageId) as MessageDocument | null;
    if (earlier && earlier.n <= head.n) return folded(headAfter(head, event));
  }
  const n = head.n + 1;
  const rev = head.rev + 1;
  const hiddenFrom = head.chat ? receiverWhoBlocks(head.chat, event.sender.id) : undefined;
  const chat = head.chat && chatAfterMessage(head.chat, event, n, hiddenFrom);
  if (!chat && roomKind(event.room) === 'direct')
    throw new UnfoldableEvent(`a message in ${event.room} before its chat`);
  const message: MessageDocument = {
    _id: placeId(event.room, n),
    seq: event.seq,
    room: event.room,
    n,
    rev0: rev,
    rev,
    messageId: event.messageId,
    sender: event.sender,
    content: event.content,
    feeling: event.feeling ?? null,
    reactions: [],
    at: event.at,
    sent: chat?.sent ?? null,
    ...replyFields(view, head, event),
    ...(hiddenFrom !== undefined && { hiddenFrom }),
    people: [personIn(partitionOf(event.room), event.sender.id)],
  };
  const after = headAfter(head, event, { n, rev, chat });
  const documents = [inMessages(message), ...inThread(message), ...(chat ? inboxEntries(after, chat) : [])];
  return folded(after, documents, {
    room: event.room,
    rev,
    kind: 'message',
    message,
  });
}

/** Both are told nothing of it, and it is none of the room's changes: what comes behind it is hidden, or shown. */
function blocksChanged(head: HeadDocument, event: RecordedEvent<BlockEvent>): Folded<RoomChange> {
  if (!head.chat) throw new UnfoldableEvent(`${event.type} in ${event.room}, where there is no chat`);
  const chat = chatAfterBlock(head.chat, event);
  const after = headAfter(head, event, { chat });
  return folded(after, inboxEntries(after, chat));
}

/**
 * What happens to a message that is there is a change of the room, also where it changes nothing; so `rev` follows from
 * the head and the event alone. The message takes it unless it has taken it already, before a crash.
 */
function messageChanged(view: View, head: HeadDocument, event: RecordedEvent<ChangingEvent>): Folded<RoomChange> {
  const target = view.find('messages', event.messageId) as MessageDocument | null;
  if (!target || target.room !== event.room || target.n > head.n) return folded(headAfter(head, event));
  const rev = head.rev + 1;
  const isEdit = event.type === 'MessageEdited' || event.type === 'MessageDeleted';
  const hiddenFrom =
    event.type === 'MessageEdited' && head.chat ? receiverWhoBlocks(head.chat, target.sender.id) : undefined;
  const message =
    target.seq < event.seq
      ? { ...(target.deleted ? target : changedBy(event, target, hiddenFrom)), seq: event.seq, rev }
      : target;
  const chat = isEdit && head.chat ? chatAfterEdit(head.chat, event, hiddenFrom) : head.chat;
  const after = headAfter(head, event, { rev, chat });
  const change: ChangeDocument = {
    _id: placeId(event.room, rev),
    seq: event.seq,
    room: event.room,
    n: target.n,
    rev,
    lastN: head.n,
    ...(isEdit && { kind: 'edit' as const }),
  };
  const listed = chat && chat !== head.chat ? inboxEntries(after, chat) : [];
  return folded(after, [inMessages(message), { collection: 'changes', document: change }, ...listed], {
    room: event.room,
    rev,
    kind: isEdit ? 'edit' : 'reaction',
    message,
  });
}

function messagesSeen(view: View, head: HeadDocument, event: RecordedEvent<MessagesSeen>): Folded<RoomChange> {
  if (!head.chat) throw new UnfoldableEvent(`MessagesSeen in ${event.room}, where there is no chat`);
  const side = sideOf(head.chat, event.userId, event);
  const n = Math.min(event.n, head.n);
  if (n <= head.chat.seen[side].n) return folded(headAfter(head, event));
  const last =
    n === head.n ? head.chat.sent : (view.get('messages', placeId(event.room, n)) as MessageDocument | null)?.sent;
  if (!last) throw new UnfoldableEvent(`MessagesSeen of message ${n} of ${event.room}, which is not there`);
  const chat = chatAfterSeen(head.chat, side, { n, sent: last });
  const after = headAfter(head, event, { chat });
  const { seq, room, userId, at } = event;
  const mark = { _id: seenId(room, userId, n), seq, room, userId, n, at };
  return folded(after, [{ collection: 'seen', document: mark }, ...inboxEntries(after, chat)]);
}

interface Written {
  readonly collection: keyof TimelineDocuments;
  readonly document: Document;
}

const inMessages = (document: MessageDocument): Written => ({ collection: 'messages', document });

const headAfter = (head: HeadDocument, event: RecordedEvent, changed: Partial<HeadDocument> = {}): HeadDocument => ({
  ...head,
  ...changed,
  seq: event.seq,
});

const folded = (
  head: HeadDocument,
  documents: readonly Written[] = [],
  change: RoomChange | null = null,
): Folded<RoomChange> => ({
  documents: [{ collection: 'heads', document: head }, ...documents],
  change,
});
