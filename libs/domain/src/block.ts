import { Type } from '@sinclair/typebox';
import { type ChatState, otherSide } from './chat.js';
import { type Decision, decided, refused, type Refused } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, Id, idOf } from './event.js';

// Who of the two people of a direct chat blocks the other. The last `block` event of a chat is the whole state. What is
// said or edited behind it, in the order of the log, is hidden from who blocks whoever said it.

const blockFields = {
  ...eventFields,
  by: idOf('Who decided it: one of the two, about the other.'),
  blockers: Type.Array(Id, {
    maxItems: 2,
    uniqueItems: true,
    description: 'Who of the two blocks the other from then on, in the order of their ids in the name of the room.',
  }),
};

export const PersonBlockedV1 = defineEvent(
  'PersonBlocked',
  1,
  'block',
  Type.Object(blockFields, {
    additionalProperties: false,
    description: 'A person is shown nothing any more of what the other side of a direct chat says there.',
  }),
);
export type PersonBlocked = EventOf<typeof PersonBlockedV1>;

export const PersonUnblockedV1 = defineEvent(
  'PersonUnblocked',
  1,
  'block',
  Type.Object(blockFields, {
    additionalProperties: false,
    description:
      'A person is shown again what the other side of a direct chat says there; what was said meanwhile stays hidden.',
  }),
);
export type PersonUnblocked = EventOf<typeof PersonUnblockedV1>;

export type BlockEvent = PersonBlocked | PersonUnblocked;

/** Who of the two people of a chat blocks the other, in the order of the room's name. */
export type BlockersState = readonly string[];

export const evolveBlockers = (_: BlockersState, event: BlockEvent): BlockersState => event.blockers;

export interface BlockCommand extends CommandContext {
  readonly by: string;
}

export interface BlockState {
  readonly chat: ChatState;
  readonly blockers: BlockersState;
}

/** Hides what the other side of a chat says from now on; nothing to do where it is hidden already. */
export function blockPerson(command: BlockCommand, { chat, blockers }: BlockState): Decision<PersonBlocked> {
  const { key, at, by } = command;
  if (!chat || otherSide(chat.users, by) === null) return noChat;
  if (blockers.includes(by)) return decided<PersonBlocked>(null);
  const now = chat.users.filter((userId) => userId === by || blockers.includes(userId));
  return decided<PersonBlocked>({ type: 'PersonBlocked', room: chat.room, id: `block.${key}`, at, by, blockers: now });
}

/** Shows what the other side of a chat says from now on; nothing to do where it is shown. */
export function unblockPerson(command: BlockCommand, { chat, blockers }: BlockState): Decision<PersonUnblocked> {
  const { key, at, by } = command;
  if (!chat || otherSide(chat.users, by) === null) return noChat;
  if (!blockers.includes(by)) return decided<PersonUnblocked>(null);
  const left = blockers.filter((userId) => userId !== by);
  const fact = { room: chat.room, id: `unblock.${key}`, at, by, blockers: left };
  return decided<PersonUnblocked>({ type: 'PersonUnblocked', ...fact });
}

const noChat = refused('not_found', 'no such chat', 'chat_id');

/** Why somebody may not say anything to the other side of a chat, or null. */
export const refusedIfBlocked = (blockers: BlockersState, receiverId: string): Refused | null =>
  blockers.includes(receiverId) ? refused('blocked', 'this person takes no messages of yours') : null;
