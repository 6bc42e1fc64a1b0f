import {
  type BlockEvent,
  type DomainEvent,
  type MessageCreated,
  type MessageDeleted,
  type MessageEdited,
  otherSide,
  type RecordedEvent,
} from '#domain';
import type { ChatView, LastMessageView, SeenView } from './documents.js';
import { chatWithLast, chatWithLastChanged } from './last-message.js';
import { UnfoldableEvent } from '../projection.js';

// What becomes of a direct chat by what its two people do, beside its messages.

export function chatAfterMessage(
  chat: ChatView,
  event: RecordedEvent<MessageCreated>,
  n: number,
  hiddenFrom: string | undefined,
): ChatView {
  const side = sideOf(chat, event.sender.id, event);
  const { messageId, content, at, seq } = event;
  const last = { seq, n, messageId, senderId: event.sender.id, content, at };
  const said = chatWithLast(chat, last, hiddenFrom);
  return hiddenFrom === undefined ? { ...said, sent: replaced(chat.sent, side, chat.sent[side] + 1) } : said;
}

/** The other side of somebody who says something, where they do not want to hear it. */
export function receiverWhoBlocks({ users, blockers = [] }: ChatView, senderId: string): string | undefined {
  const receiver = otherSide(users, senderId);
  return receiver !== null && blockers.includes(receiver) ? receiver : undefined;
}

export const chatAfterEdit = (
  chat: ChatView,
  event: MessageEdited | MessageDeleted,
  hiddenFrom: string | undefined,
): ChatView => chatWithLastChanged(chat, (last) => lastAfter(last, event), hiddenFrom);

/** The chat's last message as the list of chats shows it: the same object where it is another message. */
function lastAfter(last: LastMessageView, event: MessageEdited | MessageDeleted): LastMessageView {
  if (last.messageId !== event.messageId || last.deleted) return last;
  return event.type === 'MessageEdited' ? { ...last, content: event.content } : { ...last, content: '', deleted: true };
}

export function chatAfterSeen(chat: ChatView, side: Side, seen: SeenView): ChatView {
  return { ...chat, seen: replaced(chat.seen, side, seen) };
}

export function chatAfterBlock(chat: ChatView, event: RecordedEvent<BlockEvent>): ChatView {
  sideOf(chat, event.by, event);
  const { blockers: _, ...left } = chat;
  return event.blockers.length > 0 ? { ...left, blockers: event.blockers } : left;
}

export type Side = 0 | 1;

export function sideOf(chat: ChatView, userId: string, event: DomainEvent): Side {
  const side = chat.users.indexOf(userId);
  if (side < 0) throw new UnfoldableEvent(`${event.type} by somebody who is not in ${event.room}`);
  return side as Side;
}

const replaced = <T>(pair: readonly [T, T], side: Side, value: T): readonly [T, T] =>
  side === 0 ? [value, pair[1]] : [pair[0], value];
