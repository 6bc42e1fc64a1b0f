import { Type } from '@sinclair/typebox';
import { type ChatState, otherSide } from './chat.js';
import { type Decision, decided, refused } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, Id } from './event.js';

// Seen marks: a person has seen a chat up to its message number n.

export const MessagesSeenV1 = defineEvent(
  'MessagesSeen',
  1,
  'seen',
  Type.Object(
    {
      ...eventFields,
      userId: Id,
      n: Type.Integer({
        minimum: 1,
        description: 'The number of the message, as the timeline counted when it was decided.',
      }),
    },
    { additionalProperties: false, description: 'A person has seen a direct chat up to its message number n.' },
  ),
);
export type MessagesSeen = EventOf<typeof MessagesSeenV1>;

export interface MarkSeen extends CommandContext {
  readonly userId: string;
}

/** `lastN` is the number of the chat's last message, `seenN` the one this person has seen it up to; 0 for none. */
export interface SeenState {
  readonly chat: ChatState;
  readonly lastN: number;
  readonly seenN: number;
}

/** Marks everything that is in the chat by now as seen; nothing to do where it is already. */
export function markSeen(command: MarkSeen, state: SeenState): Decision<MessagesSeen> {
  const { chat, lastN, seenN } = state;
  if (!chat || otherSide(chat.users, command.userId) === null) return refused('not_found', 'no such chat', 'chat_id');
  if (lastN <= seenN) return decided<MessagesSeen>(null);
  const { key, at, userId } = command;
  return decided<MessagesSeen>({ type: 'MessagesSeen', room: chat.room, id: `seen.${key}`, at, userId, n: lastN });
}
