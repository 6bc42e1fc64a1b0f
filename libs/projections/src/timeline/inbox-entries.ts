import type { Room } from '#domain';
import { lastShownTo } from './last-message.js';
import { type ChatView, type HeadDocument, type InboxDocument, inboxId } from './documents.js';

interface WrittenEntry {
  readonly collection: 'inbox';
  readonly document: InboxDocument;
}

/** The chat as each of its two people sees it; all that an entry says is in the head, so none is read to write one. */
export function inboxEntries(head: HeadDocument, chat: ChatView): WrittenEntry[] {
  return chat.users.map((userId, side) => {
    const other = side === 0 ? 1 : 0;
    const seen = chat.seen[side as 0 | 1];
    const last = lastShownTo(chat, userId);
    const document: InboxDocument = {
      _id: inboxId(userId, head._id as Room),
      seq: head.seq,
      room: head._id as Room,
      n: head.n,
      rev: head.rev,
      chatId: chat.chatId,
      userId,
      receiverId: chat.users[other],
      users: chat.users,
      createdAt: chat.createdAt,
      updatedAt: last?.at ?? chat.createdAt,
      updatedSeq: last?.seq ?? chat.chatId,
      last,
      seenN: seen.n,
      unread: chat.sent[other] - seen.sent[other],
      ...(chat.blockers?.includes(userId) && { blocked: true as const }),
    };
    return { collection: 'inbox', document };
  });
}
