import { type Static, Type } from '@sinclair/typebox';
import { roomIds, roomKind, type Room } from '#domain';
import { receiverOf } from './direct-chat.js';
import { shownTo, type Viewer } from './shown-to.js';
import { avatar, listOf, named, oneOf, position, shape, text, time } from './shape.js';

// The room chat's own shapes, `/ws/chat`.

/** What a message's view is made of; a document of the read model is one. */
export interface RoomMessageSource {
  readonly room: Room;
  readonly messageId: string;
  /** The avatar is JSON text of an object. */
  readonly sender: { readonly id: string; readonly name: string; readonly avatar: string | null };
  readonly content: string;
  readonly feeling: string | null;
  readonly reactions: readonly { readonly userName: string; readonly emoji: string }[];
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly n: number;
  readonly rev: number;
  readonly editedAt?: string;
  readonly deleted?: true;
  readonly replyTo?: string;
  readonly hiddenFrom?: string;
}

/** A message of any room as the room API shows it, in frames and in the history. */
export const RoomMessageView = named(
  'ChatMessage',
  shape({
    _id: text('24 hex digits.'),
    clan_id: Type.Optional(text('In a clan.')),
    recipient: Type.Optional(text('In a direct chat: the id of the person it was sent to.')),
    sender: shape({ _id: text(), name: text(), avatar }, { description: 'As they were when they sent it.' }),
    content: text(),
    // `private` is a direct chat's, which only the history shows in this shape.
    type: oneOf('global', 'clan', 'private'),
    feeling: Type.Optional(text('Where one was given.')),
    reactions: listOf(shape({ playerName: text(), emoji: text() })),
    createdAt: time(),
    editedAt: Type.Optional(time('Where it was edited: when last.')),
    deleted: Type.Optional(Type.Literal(true, { description: 'It was taken back; its content is empty.' })),
    reply_to: Type.Optional(text('Where it is a reply: the `_id` of the message that it is one to.')),
    ...position,
  }),
);
export type RoomMessageView = Static<typeof RoomMessageView.ref>;

/** @param viewer whom it is shown to: see {@link shownTo} */
export function roomMessageView(message: RoomMessageSource, viewer: Viewer): RoomMessageView {
  const source = shownTo(message, viewer);
  const { room, sender, feeling } = source;
  const kind = roomKind(room);
  return {
    _id: source.messageId,
    ...(kind === 'clan' && { clan_id: roomIds(room)[0]! }),
    sender: { _id: sender.id, name: sender.name, avatar: avatarOf(sender.avatar) },
    content: source.content,
    type: kind === 'clan' || kind === 'global' ? kind : 'private',
    ...(feeling !== null && { feeling }),
    reactions: source.reactions.map(({ userName, emoji }) => ({ playerName: userName, emoji })),
    createdAt: source.at,
    ...(source.editedAt !== undefined && { editedAt: source.editedAt }),
    ...(source.deleted && { deleted: true as const }),
    ...(source.replyTo !== undefined && { reply_to: source.replyTo }),
    n: source.n,
    rev: source.rev,
    ...(kind === 'direct' && { recipient: receiverOf(source) }),
  };
}

/** An avatar as it was given, of its JSON text. What is no JSON is shown as none: one odd event in the log must not keep a room from being told anything. */
export function avatarOf(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
