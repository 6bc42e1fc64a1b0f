import { Type } from '@sinclair/typebox';
import { type Decision, decided, refused } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, Id, idOf } from './event.js';
import { directRoom, roomIds } from './ids.js';

// Direct chats: one per pair. The chat's id on the wire is the stream sequence of its ChatCreated.

export const ChatCreatedV1 = defineEvent(
  'ChatCreated',
  1,
  'chat',
  Type.Object(
    {
      ...eventFields,
      by: idOf('Who opened it.'),
      users: Type.Tuple([Id, Id], { description: 'Both sides, in the order of their ids in the name of the room.' }),
    },
    {
      additionalProperties: false,
      description:
        'The direct chat of two people was opened, once and for all. Its sequence in the log is the `chat_id` of the API.',
    },
  ),
);
export type ChatCreated = EventOf<typeof ChatCreatedV1>;

/** The chat of a pair: the event that opened it, or null. */
export type ChatState = ChatCreated | null;

export const evolveChat = (state: ChatState, event: ChatCreated): ChatState => state ?? event;

export interface OpenChat extends CommandContext {
  readonly by: string;
  readonly receiver: string;
}

/** Opens the one chat of two people; where it is open already, there is nothing to do. */
export function openChat(command: OpenChat, state: ChatState): Decision<ChatCreated> {
  if (command.by === command.receiver) {
    return refused('same_person', 'a chat needs two people: receiver_id is your own id', 'receiver_id');
  }
  if (state) return decided<ChatCreated>(null);
  const room = directRoom(command.by, command.receiver);
  const users = roomIds(room) as [string, string];
  return decided<ChatCreated>({
    type: 'ChatCreated',
    room,
    id: `chat.${command.key}`,
    at: command.at,
    by: command.by,
    users,
  });
}

/** The other person of a chat, or null for somebody who is not in it. */
export function otherSide(users: readonly [string, string], user: string): string | null {
  if (user === users[0]) return users[1];
  return user === users[1] ? users[0] : null;
}
