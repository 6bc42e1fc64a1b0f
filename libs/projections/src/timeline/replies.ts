import type { MessageCreated, RecordedEvent } from '#domain';
import type { View } from '../projection.js';
import { type HeadDocument, type MessageDocument, type ReplyDocument, replyId } from './documents.js';

// Threads are flat: a reply to a reply is in the thread of the message that all of it began with.

/** What the document of a message says of the one that it is a reply to. */
export function replyFields(
  view: View,
  head: HeadDocument,
  { room, replyTo }: RecordedEvent<MessageCreated>,
): Pick<MessageDocument, 'replyTo' | 'root'> {
  if (replyTo === undefined) return {};
  const repliedTo = view.find('messages', replyTo) as MessageDocument | null;
  // Beyond the head is what comes later, written before a crash: when this was said it was not there.
  if (repliedTo?.room !== room || repliedTo.n > head.n) return { replyTo };
  return { replyTo, root: repliedTo.root ?? repliedTo.n };
}

interface WrittenReply {
  readonly collection: 'replies';
  readonly document: ReplyDocument;
}

/** The place of a reply in its thread; nothing for a message that is in none. */
export function inThread({ room, root, n, seq }: MessageDocument): WrittenReply[] {
  if (root === undefined) return [];
  return [{ collection: 'replies', document: { _id: replyId(room, root, n), seq, room, root, n } }];
}
