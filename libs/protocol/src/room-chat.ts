import { type Static, Type } from '@sinclair/typebox';
import { roomIds, roomKind, type Room } from '#domain';
import { receiverOf } from './direct-chat.js';
import { echo, type Fault, type FaultCode } from './fault.js';
import { positionBeside, type RoomPosition } from './resume.js';
import { avatar, listOf, named, oneOf, position, shape, text, time } from './shape.js';

// The room chat's own frames and shapes, `/ws/chat`.

/** `documented`: as the published document has it; `altzone`: as the shipped client reads it. */
export type RoomDialect = 'documented' | 'altzone';

export type RoomEvent = 'newMessage' | 'newReaction';

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
    ...position,
  }),
);
export type RoomMessageView = Static<typeof RoomMessageView.ref>;

export function roomMessageView(source: RoomMessageSource): RoomMessageView {
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

/** The frame that tells a room of a message as it now is. @param told up to where the room was told of everything, with it */
export function roomFrame(
  dialect: RoomDialect,
  event: RoomEvent,
  message: RoomMessageView,
  told: RoomPosition = message,
): string {
  const frame = { chat: message.type, event, message, ...positionBeside(message, told) };
  return JSON.stringify(dialect === 'altzone' ? { message: frame } : frame);
}

/** What the altzone dialect says once the user has joined their rooms. */
export const READY_FRAME = JSON.stringify({ event: 'ready', data: true });

/** One entry of the room API's list of errors, in frames and in HTTP answers. */
export interface RoomErrorView {
  readonly reason: string;
  readonly field: string | null;
  readonly value: string | number | boolean | null;
  readonly message: string;
  readonly additional: null;
}

const reasons: Partial<Record<FaultCode, string>> = {
  not_found: 'NOT_FOUND',
  no_clan: 'NOT_FOUND',
  required: 'REQUIRED',
  invalid: 'VALIDATION',
};

/** A message that is not there is named by `_id` in this API's errors, whatever the frame called it. */
const fieldName = (fault: Fault): string | null =>
  fault.code === 'not_found' && fault.field === 'message_id' ? '_id' : (fault.field ?? null);

export const roomErrorView = (fault: Fault): RoomErrorView => ({
  reason: reasons[fault.code] ?? 'VALIDATION',
  field: fieldName(fault),
  value: echo(fault.value),
  message: fault.message,
  additional: null,
});

/** A fault as the room API says it: a list where it names a field, else just its description. */
export const roomErrorFrame = (fault: Fault): string =>
  JSON.stringify({ error: fault.field === undefined ? fault.message : [roomErrorView(fault)] });
