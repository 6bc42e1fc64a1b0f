import { Type } from '@sinclair/typebox';
import { type BlockersState, refusedIfBlocked } from './block.js';
import { type ChatState, otherSide } from './chat.js';
import { type Decision, decided, refused, type Refused } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, idOf, Person } from './event.js';
import { clanRoom, GLOBAL_ROOM, type Room } from './ids.js';
import type { MembershipState } from './membership.js';
import { refusedIfSilenced, type SanctionsState } from './sanctions.js';
import { refusedIfTooSoon, type SlowMode } from './slow-mode.js';
import { filtered, filteredFeeling, type WordFilter } from './word-filter.js';
import { ERASED_NAME, personalTexts } from './personal.js';

// Messages and the reactions to them. They commute, so none of them is appended with an expectation.

export const MessageId = Type.String({
  pattern: '^[0-9a-f]{24}$',
  description: 'The `message_id` of the APIs, the same for ever.',
});

const messageFields = {
  ...eventFields,
  messageId: MessageId,
  sender: Person,
  content: Type.String({ minLength: 1 }),
  feeling: Type.Optional(Type.String({ description: 'What the room API calls so; any text.' })),
  clientId: Type.Optional(
    Type.String({
      description:
        'The id the client gave; of a message sent again without one, since its outcome was unknown, its own id. A ' +
        'message that has one may be in the log twice; the fold takes the first.',
    }),
  ),
};
const messageOptions = {
  additionalProperties: false,
  description: 'Somebody said something, in the global room, in their clan or in a direct chat.',
};

export const MessageCreatedV1 = defineEvent('MessageCreated', 1, 'msg', Type.Object(messageFields, messageOptions));

const messageTexts = personalTexts('sender.id', {
  ...{ content: '', feeling: undefined, 'sender.name': ERASED_NAME, 'sender.avatar': null },
});

const replyTo = {
  ...MessageId,
  description: 'The message that it is a reply to, one of the same room; not there where it is none.',
};

export const MessageCreatedV2 = defineEvent(
  'MessageCreated',
  2,
  'msg',
  Type.Object(
    {
      ...messageFields,
      content: Type.String({ description: 'Empty only where its sender was erased.' }),
      replyTo: Type.Optional(replyTo),
    },
    messageOptions,
  ),
  messageTexts,
);
export type MessageCreated = EventOf<typeof MessageCreatedV2>;

const reactionFields = { ...eventFields, messageId: MessageId, userId: idOf('Who reacted.') };

const reactionAdded = Type.Object(
  {
    ...reactionFields,
    userName: Type.String({ minLength: 1, description: 'What they were called then.' }),
    emoji: Type.String({ minLength: 1 }),
  },
  {
    additionalProperties: false,
    description: "A person's one reaction to a message; it replaces the one they had.",
  },
);

export const ReactionAddedV1 = defineEvent('ReactionAdded', 1, 'react', reactionAdded);

export const ReactionAddedV2 = defineEvent(
  'ReactionAdded',
  2,
  'react',
  reactionAdded,
  personalTexts('userId', { userName: ERASED_NAME }),
);
export type ReactionAdded = EventOf<typeof ReactionAddedV2>;

export const ReactionRemovedV1 = defineEvent(
  'ReactionRemoved',
  1,
  'react',
  Type.Object(reactionFields, {
    additionalProperties: false,
    description: 'A person took their reaction to a message back; they may have had none.',
  }),
);
export type ReactionRemoved = EventOf<typeof ReactionRemovedV1>;

interface NewMessage extends CommandContext {
  readonly sender: Person;
  readonly content: string;
  readonly feeling?: string;
  readonly clientId?: string;
  readonly filter?: WordFilter;
  /** The message that it is a reply to, see {@link RepliedTo}. */
  readonly replyTo?: string;
}

/** What a reply is decided on: the message that it is one to, null where there is none of that id. */
export type RepliedTo = { readonly room: Room; readonly deleted?: true } | null;

/** Why a message may not be the reply that it is; null where it may, or is none. */
function refusedReply({ replyTo }: NewMessage, room: Room, repliedTo: RepliedTo): Refused | null {
  if (replyTo === undefined) return null;
  if (repliedTo?.room !== room) return refused('not_found', 'no such message in this room', 'reply_to');
  return repliedTo.deleted ? refused('deleted', 'the message was deleted', 'reply_to') : null;
}

function messageCreated(room: Room, command: NewMessage, repliedTo: RepliedTo): Posted | Refused {
  const { key, at, sender, content, feeling, clientId, replyTo, filter } = command;
  const refusal = refusedReply(command, room, repliedTo);
  if (refusal) return refusal;
  const context = { room, userId: sender.id };
  const said = filtered(filter, content, context);
  if ('refusal' in said) return said;
  const felt = filteredFeeling(filter, feeling, context);
  if ('refusal' in felt) return felt;
  const event: MessageCreated = {
    type: 'MessageCreated',
    room,
    id: `msg.${key}`,
    at,
    messageId: key,
    sender,
    content: said.text,
    ...(felt.text !== undefined && { feeling: felt.text }),
    ...(clientId !== undefined && { clientId }),
    ...(replyTo !== undefined && { replyTo }),
  };
  return { event };
}

/** The rooms of the room API a person can speak in. */
export type PublicRoom = 'global' | 'clan';

/** The room a person means by `global` or `clan`; null for the clan of somebody who has none. */
export function publicRoom(which: PublicRoom, membership: MembershipState): Room | null {
  if (which === 'global') return GLOBAL_ROOM;
  return membership?.clanId == null ? null : clanRoom(membership.clanId);
}

/** A message that is not refused is always made. */
export interface Posted {
  readonly event: MessageCreated;
}

/** What keeps somebody from speaking in a room; nothing of it is there where nothing does. */
export interface Standing {
  readonly sanctions?: SanctionsState;
  /** Not there for those who moderate the room. */
  readonly slowMode?: SlowMode;
}

/** A new message in the room that the sender means, see {@link publicRoom}. */
export function postToRoom(
  command: NewMessage,
  room: Room | null,
  standing: Standing = {},
  repliedTo: RepliedTo = null,
): Posted | Refused {
  if (!room) return refused('no_clan', 'you are in no clan', 'clan_id');
  const { sanctions = [], slowMode } = standing;
  const kept = refusedIfSilenced(sanctions, room, command.at) ?? (slowMode && refusedIfTooSoon(slowMode));
  return kept ?? messageCreated(room, command, repliedTo);
}

export interface PostToChat extends NewMessage {
  readonly receiver: string;
}

/**
 * A new message in a direct chat, by one side to the other. Not a participant is answered as not found.
 * @param blockers those to whom nothing may be said by the other side
 */
export function postToChat(
  command: PostToChat,
  chat: ChatState,
  repliedTo: RepliedTo = null,
  blockers: BlockersState = [],
): Posted | Refused {
  const other = chat && otherSide(chat.users, command.sender.id);
  if (!chat || other === null) return refused('not_found', 'no such chat', 'chat_id');
  if (command.receiver !== other) {
    return refused('wrong_receiver', 'receiver_id is not the other side of this chat', 'receiver_id');
  }
  return refusedIfBlocked(blockers, other) ?? messageCreated(chat.room, command, repliedTo);
}

export interface React extends CommandContext {
  readonly messageId: string;
  readonly userId: string;
  readonly userName: string;
  /** The empty string takes the reaction back. */
  readonly emoji: string;
}

/**
 * What a reaction is decided on: the room that the person means, see {@link publicRoom}, what is held against them, and
 * the message, null where there is none of that id.
 */
export interface ReactionState {
  readonly room: Room | null;
  readonly sanctions?: SanctionsState;
  readonly message: { readonly room: Room; readonly deleted?: true } | null;
}

/**
 * Reacts to a message. What reaction the person has now is not asked: the read model may be behind what they just
 * sent, and a removal decided against it would be lost.
 */
export function react(
  command: React,
  { room, message, sanctions = [] }: ReactionState,
): Decision<ReactionAdded | ReactionRemoved> {
  if (!room) return refused('no_clan', 'you are in no clan', 'clan_id');
  const silenced = refusedIfSilenced(sanctions, room, command.at);
  if (silenced) return silenced;
  if (message?.room !== room) return refused('not_found', 'no such message in this room', 'message_id');
  if (message.deleted) return refused('deleted', 'the message was deleted', 'message_id');
  const { messageId, userId, at } = command;
  const fact = { room, id: `react.${command.key}`, at, messageId, userId };
  if (command.emoji === '') return decided<ReactionRemoved>({ type: 'ReactionRemoved', ...fact });
  return decided<ReactionAdded>({
    type: 'ReactionAdded',
    ...fact,
    userName: command.userName,
    emoji: command.emoji,
  });
}
