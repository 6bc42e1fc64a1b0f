import { Type } from '@sinclair/typebox';
import { type Decision, decided, refused } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, idOf } from './event.js';
import type { Room } from './ids.js';
import { MessageId } from './message.js';

// What becomes of a message after it was said. Like reactions these commute with everything but each other; of an edit
// and a deletion at the same moment the deletion stays, whichever the log has first.

const changeFields = { ...eventFields, messageId: MessageId, userId: idOf('Who changed it.') };

export const MessageEditedV1 = defineEvent(
  'MessageEdited',
  1,
  'edit',
  Type.Object(
    { ...changeFields, content: Type.String({ minLength: 1, description: 'What it says from then on.' }) },
    { additionalProperties: false, description: 'Somebody changed what a message of theirs says.' },
  ),
);
export type MessageEdited = EventOf<typeof MessageEditedV1>;

export const MessageDeletedV1 = defineEvent(
  'MessageDeleted',
  1,
  'edit',
  Type.Object(changeFields, {
    additionalProperties: false,
    description: 'A message was taken back: it keeps its place, and nothing of what it said is shown from then on.',
  }),
);
export type MessageDeleted = EventOf<typeof MessageDeletedV1>;

/** What a change is decided on: the room that the person means, and the message, null where there is none of that id. */
export interface ChangedState {
  readonly room: Room | null;
  readonly message: {
    readonly room: Room;
    readonly sender: { readonly id: string };
    /** When it was said, ISO 8601. */
    readonly at: string;
    readonly deleted?: true;
  } | null;
}

interface ChangeMessage extends CommandContext {
  readonly messageId: string;
  readonly userId: string;
}

export interface EditMessage extends ChangeMessage {
  readonly content: string;
  /** How long after it was said a message may be edited, in seconds; 0 for never. */
  readonly withinSeconds: number;
}

/** Changes what a message of one's own says, while it is not too late. */
export function editMessage(command: EditMessage, state: ChangedState): Decision<MessageEdited> {
  const found = ofTheirOwn(command, state);
  if ('refusal' in found) return found;
  const { key, at, messageId, userId, content, withinSeconds } = command;
  if (found.deleted) return refused('deleted', 'the message was deleted', 'message_id');
  if (Date.parse(at) - Date.parse(found.at) >= withinSeconds * 1_000) {
    return refused('too_late', tooLate(withinSeconds), 'message_id');
  }
  return decided<MessageEdited>({
    ...{ type: 'MessageEdited', room: found.room, id: `edit.${key}`, at, messageId, userId, content },
  });
}

const tooLate = (withinSeconds: number): string =>
  withinSeconds === 0 ? 'messages are not edited here' : `a message is edited within ${withinSeconds} s, or not at all`;

/** Takes a message of one's own back, however old it is; nothing to do where it was taken back already. */
export function deleteMessage(command: ChangeMessage, state: ChangedState): Decision<MessageDeleted> {
  const found = ofTheirOwn(command, state);
  if ('refusal' in found) return found;
  if (found.deleted) return decided<MessageDeleted>(null);
  const { key, at, messageId, userId } = command;
  return decided<MessageDeleted>({
    ...{ type: 'MessageDeleted', room: found.room, id: `delete.${key}`, at, messageId, userId },
  });
}

/** Whose a message is, everybody in its room can see: that it is somebody else's is no secret. */
function ofTheirOwn({ userId }: ChangeMessage, { room, message }: ChangedState) {
  if (!room) return refused('no_clan', 'you are in no clan', 'clan_id');
  if (message?.room !== room) return refused('not_found', 'no such message in this room', 'message_id');
  if (message.sender.id !== userId) return refused('not_yours', 'the message is somebody else’s', 'message_id');
  return message;
}
