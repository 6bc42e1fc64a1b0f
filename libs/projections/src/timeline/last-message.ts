import type { ChatView, LastMessageView } from './documents.js';

// What each side of a chat is shown as its last message. They differ where the last one is hidden from its receiver.

/** The last message as one of the two people is shown it; null where there is none. */
export const lastShownTo = ({ last, lastShown }: ChatView, userId: string): LastMessageView | null =>
  lastShown === undefined || last?.senderId === userId ? last : lastShown;

/** A chat in which something was said; where its receiver is not shown it, they go on being shown what they were. */
export function chatWithLast(chat: ChatView, last: LastMessageView, hiddenFrom: string | undefined): ChatView {
  if (hiddenFrom !== undefined) return { ...chat, last, lastShown: lastShownTo(chat, hiddenFrom) };
  const { lastShown: _, ...left } = chat;
  return { ...left, last };
}

/**
 * A chat in which a message has changed: the same object where that is nobody's last one.
 * @param change makes another message of the one that has changed, else hands it back
 * @param hiddenFrom who is not shown what it says from now on: it is taken from them
 */
export function chatWithLastChanged(
  chat: ChatView,
  change: (last: LastMessageView) => LastMessageView,
  hiddenFrom?: string,
): ChatView {
  const last = chat.last && change(chat.last);
  // As the receiver of the last message is shown it.
  const before = chat.lastShown === undefined ? chat.last : chat.lastShown;
  const shown = before && change(before);
  if (last === chat.last && shown === before) return chat;
  const isTaken = shown !== null && shown !== before && hiddenFrom !== undefined && hiddenFrom !== last?.senderId;
  if (isTaken) return { ...chat, last, lastShown: { ...shown, content: '', deleted: true } };
  return { ...chat, last, ...(chat.lastShown !== undefined && { lastShown: shown }) };
}
