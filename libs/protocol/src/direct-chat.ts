import { type Static, Type } from '@sinclair/typebox';
import { roomIds, type Room } from '#domain';
import { shownTo, type Viewer } from './shown-to.js';
import { named, nullable, position, shape, text, time, whole } from './shape.js';

// The direct chat's own shapes, `/ws`. It names people by numbers; everything behind it names them by strings.
// A number and its canonical decimal are the same person, and no other spelling is.

const CANONICAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** Whether a value of a frame is a user's number: an integer from 0 to 2^53 - 1. */
export const isUserNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The id of the person whom the direct API calls by this number. */
export const userIdOf = (number: number): string => String(number);

/** The number of a user id, or null where the id is not the canonical decimal of one. */
export function userNumberOf(userId: string): number | null {
  if (!CANONICAL.test(userId)) return null;
  const number = Number(userId);
  return Number.isSafeInteger(number) ? number : null;
}

/** What a message's view is made of; a document of the read model is one. */
export interface DirectMessageSource {
  readonly room: Room;
  readonly messageId: string;
  readonly sender: { readonly id: string };
  readonly content: string;
  readonly at: string;
  readonly n: number;
  readonly rev: number;
  readonly editedAt?: string;
  readonly deleted?: true;
  readonly replyTo?: string;
  readonly hiddenFrom?: string;
}

const deleted = Type.Optional(Type.Literal(true, { description: 'It was taken back; its text is empty.' }));

const messageFields = {
  id: text('24 hex digits.'),
  chat_id: whole(),
  sender_id: whole(),
  receiver_id: whole(),
  message: text(),
  created_at: time(),
  edited_at: Type.Optional(time('Where it was edited: when last.')),
  deleted,
  reply_to: Type.Optional(text('Where it is a reply: the `id` of the message that it is one to.')),
  ...position,
};

/** A message as it is, but for whether it was seen. */
export const ChangedMessageView = named('ChangedMessage', shape(messageFields));
export type ChangedMessageView = Static<typeof ChangedMessageView.ref>;

export const DirectMessageView = named(
  'DirectMessage',
  shape({
    ...messageFields,
    seen: Type.Boolean({ description: 'Whether its receiver has seen it.' }),
    seen_at: nullable(time('When they did.')),
  }),
);
export type DirectMessageView = Static<typeof DirectMessageView.ref>;

/** An id that is no number cannot have come in by this API; the room API's people have no direct chats. */
const numberOf = (userId: string): number => userNumberOf(userId) ?? Number.NaN;

/** Who a message of a direct chat was sent to. */
export function receiverOf(source: Pick<DirectMessageSource, 'room' | 'sender'>): string {
  const [one, other] = roomIds(source.room) as [string, string];
  return source.sender.id === one ? other : one;
}

/** @param viewer whom it is shown to: see {@link shownTo} */
export function changedMessageView(message: DirectMessageSource, chatId: number, viewer: Viewer): ChangedMessageView {
  const source = shownTo(message, viewer);
  return {
    id: source.messageId,
    chat_id: chatId,
    sender_id: numberOf(source.sender.id),
    receiver_id: numberOf(receiverOf(source)),
    message: source.content,
    created_at: source.at,
    ...(source.editedAt !== undefined && { edited_at: source.editedAt }),
    ...(source.deleted && { deleted: true as const }),
    ...(source.replyTo !== undefined && { reply_to: source.replyTo }),
    n: source.n,
    rev: source.rev,
  };
}

/**
 * @param viewer whom it is shown to: see {@link shownTo}
 * @param seenAt when its receiver saw it, ISO 8601, or null
 */
export const directMessageView = (
  source: DirectMessageSource,
  chatId: number,
  viewer: Viewer,
  seenAt: string | null,
): DirectMessageView => ({ ...changedMessageView(source, chatId, viewer), seen: seenAt !== null, seen_at: seenAt });

/** What a chat's view is made of, as one of its two people sees it; an inbox entry of the read model is one. */
export interface ChatSource {
  readonly chatId: number;
  readonly users: readonly [string, string];
  readonly receiverId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly unread: number;
  readonly blocked?: true;
  readonly last: {
    readonly n: number;
    readonly messageId: string;
    readonly senderId: string;
    readonly content: string;
    readonly at: string;
    readonly deleted?: true;
  } | null;
}

export const LastMessageOfChatView = named(
  'LastMessage',
  nullable(
    shape({
      id: text('24 hex digits.'),
      chat_id: whole(),
      sender_id: whole(),
      receiver_id: whole(),
      message: text(),
      created_at: time(),
      deleted,
      n: position.n,
    }),
  ),
);

export const ChatListEntryView = named(
  'Chat',
  shape({
    id: whole(),
    user_ids: Type.Unsafe<readonly [number, number]>({ type: 'array', items: whole(), minItems: 2, maxItems: 2 }),
    receiver_id: whole('The other side.'),
    last_message: LastMessageOfChatView.ref,
    unread_count: whole('Messages of the other side that the caller has not seen.'),
    created_at: time(),
    updated_at: time(),
    blocked: Type.Optional(Type.Literal(true, { description: 'The caller blocks the other side.' })),
  }),
);
export type ChatListEntryView = Static<typeof ChatListEntryView.ref>;

export function chatView(source: ChatSource): ChatListEntryView {
  const [one, other] = source.users;
  const { last } = source;
  return {
    id: source.chatId,
    user_ids: [numberOf(one), numberOf(other)],
    receiver_id: numberOf(source.receiverId),
    last_message: last && {
      id: last.messageId,
      chat_id: source.chatId,
      sender_id: numberOf(last.senderId),
      receiver_id: numberOf(last.senderId === one ? other : one),
      message: last.content,
      created_at: last.at,
      ...(last.deleted && { deleted: true as const }),
      n: last.n,
    },
    unread_count: source.unread,
    created_at: source.createdAt,
    updated_at: source.updatedAt,
    ...(source.blocked && { blocked: true as const }),
  };
}
