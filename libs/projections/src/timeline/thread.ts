import { type DocumentStore, endOf } from '#read-models';
import { type MessageDocument, placeId, type ReplyDocument, replyId } from './documents.js';

/** Of some messages the newest first, or those below `before`; with `after`, the oldest first of those above it. */
export interface MessagePart {
  readonly before?: number | undefined;
  readonly after: number | null;
  readonly limit: number;
}

export interface Thread {
  /** The message that it began with. */
  readonly root: MessageDocument;
  readonly replies: readonly MessageDocument[];
  /** The `before` or `after` of the part that follows; null where there is none. */
  readonly next: number | null;
}

/** The thread that a message began, or that it is in; without replies where there are none yet. */
export async function readThread(
  store: DocumentStore,
  message: MessageDocument,
  { before, after, limit }: MessagePart,
): Promise<Thread> {
  const { room, root = message.n } = message;
  const to = before === undefined ? endOf(placeId(room, root)) : replyId(room, root, before);
  const from = replyId(room, root, after === null ? 0 : after + 1);
  const places = await store.range<ReplyDocument>('replies', { from, to, limit, descending: after === null });
  const ids = places.map(({ n }) => placeId(room, n));
  const found = await store.get<MessageDocument>('messages', [placeId(room, root), ...ids]);
  const byId = new Map(found.map((each) => [each._id, each]));
  return {
    root: byId.get(placeId(room, root)) ?? message,
    // The place of a reply may be there before the reply.
    replies: ids.flatMap((id) => byId.get(id) ?? []),
    next: places.length < limit ? null : places.at(-1)!.n,
  };
}
