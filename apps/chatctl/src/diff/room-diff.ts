import {
  type ErasedThen,
  isoOf,
  type MessageDocument,
  messageThenView,
  type MessageThenView,
  type ReactionView,
  type RoomThen,
} from '#projections';

/** A message that changed. Texts are null where they are not to be had. */
export interface ChangedMessage {
  readonly n: number;
  readonly messageId: string;
  /** Who said it. */
  readonly userId: string;
}

export interface ChangedReaction extends Pick<ReactionView, 'userId' | 'emoji'> {
  /** Of the message. */
  readonly n: number;
  readonly messageId: string;
}

/** How a room differs from one moment to a later one. What was changed and changed back is no difference. */
export interface RoomDiff {
  readonly room: string;
  /** The last event of the room by then, and when it was stored; 0 and null where it had none yet. */
  readonly from: { readonly seq: number; readonly at: string | null };
  readonly to: { readonly seq: number; readonly at: string | null };
  readonly messages: {
    /** As they are in the end. */
    readonly new: readonly MessageThenView[];
    readonly edited: readonly (ChangedMessage & { readonly before: string | null; readonly after: string | null })[];
    readonly deleted: readonly (ChangedMessage & { readonly before: string | null })[];
    /** Of people who were erased meanwhile. */
    readonly erased: readonly ChangedMessage[];
  };
  readonly reactions: { readonly added: readonly ChangedReaction[]; readonly removed: readonly ChangedReaction[] };
  /** Up to which message somebody has seen a direct chat. */
  readonly seen: readonly { readonly userId: string; readonly from: number; readonly to: number }[];
}

export function roomDiff(before: RoomThen, after: RoomThen): RoomDiff {
  const olds = new Map(before.messages.map((message) => [message.n, message]));
  const pairs = after.messages.flatMap((now) => {
    const old = olds.get(now.n);
    return old ? [{ old, now }] : [];
  });
  const [addedTo, removedFrom] = [reactionsOf(after, before), reactionsOf(before, after)];
  const wasEdited = ({ old, now }: Pair) => old.content !== now.content || old.editedAt !== now.editedAt;
  return {
    room: after.room,
    from: { seq: before.seq, at: isoOf(before.storedAt) },
    to: { seq: after.seq, at: isoOf(after.storedAt) },
    messages: {
      new: after.messages.filter(({ n }) => !olds.has(n)).map((message) => messageThenView(message, after.texts)),
      edited: pairs
        .filter((pair) => !pair.now.deleted && wasEdited(pair))
        .map(({ old, now }) => ({ ...about(now), before: textIn(before, old), after: textIn(after, now) })),
      deleted: pairs
        .filter(({ old, now }) => now.deleted && !old.deleted)
        .map(({ old }) => ({ ...about(old), before: textIn(before, old) })),
      erased: pairs.filter(({ now }) => isErased(now, after) && !isErased(now, before)).map(({ now }) => about(now)),
    },
    reactions: { added: addedTo, removed: removedFrom },
    seen: (after.chat?.seen ?? []).flatMap(({ userId, n }) => {
      const from = before.chat?.seen.find((seen) => seen.userId === userId)?.n ?? 0;
      return n === from ? [] : [{ userId, from, to: n }];
    }),
  };
}

interface Pair {
  readonly old: MessageDocument;
  readonly now: MessageDocument;
}

const about = ({ n, messageId, sender }: MessageDocument): ChangedMessage => ({ n, messageId, userId: sender.id });

const textIn = ({ texts }: RoomThen, { messageId, content }: MessageDocument): string | null =>
  texts.goneOf(messageId) ? null : content;

/** By the order of the log, since of who was ever erased no text is left, whenever it is looked at. */
function isErased({ messageId, sender }: MessageDocument, { texts, erased }: RoomThen): boolean {
  const seq = texts.saidSeq(messageId);
  return erased.some((erasure: ErasedThen) => erasure.userId === sender.id && erasure.seq > seq);
}

/** Those of the one that the other has not. */
function reactionsOf(has: RoomThen, lacks: RoomThen): ChangedReaction[] {
  const others = new Set(lacks.messages.flatMap((message) => message.reactions.map((one) => keyOf(message, one))));
  return has.messages.flatMap((message) =>
    message.reactions
      .filter((one) => !others.has(keyOf(message, one)))
      .map(({ userId, emoji }) => ({ n: message.n, messageId: message.messageId, userId, emoji })),
  );
}

const keyOf = ({ n }: MessageDocument, { userId, emoji }: ReactionView): string => JSON.stringify([n, userId, emoji]);
