import { Type } from '@sinclair/typebox';
import { type BlockersState, refusedIfBlocked } from './block.js';
import { type Decision, decided, refused, type Refused } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, idOf } from './event.js';
import { type Room, roomIds } from './ids.js';
import { type MessageCreated, MessageId } from './message.js';
import { refusedIfBanned, refusedIfSilenced, type SanctionsState } from './sanctions.js';
import { filtered, type WordFilter } from './word-filter.js';
import { personalTexts } from './personal.js';

// What becomes of a message after it was said. Like reactions these commute with everything but each other; of an edit
// and a deletion at the same moment the deletion stays, whichever the log has first.

const changeFields = { ...eventFields, messageId: MessageId, userId: idOf('Who changed it.') };

const editOptions = { additionalProperties: false, description: 'Somebody changed what a message of theirs says.' };

export const MessageEditedV1 = defineEvent(
  'MessageEdited',
  1,
  'edit',
  Type.Object(
    { ...changeFields, content: Type.String({ minLength: 1, description: 'What it says from then on.' }) },
    editOptions,
  ),
);

export const MessageEditedV2 = defineEvent(
  'MessageEdited',
  2,
  'edit',
  Type.Object(
    {
      ...changeFields,
      content: Type.String({
        description: 'What it says from then on; empty only where who changed it was erased.',
      }),
    },
    editOptions,
  ),
  personalTexts('userId', { content: '' }),
);
export type MessageEdited = EventOf<typeof MessageEditedV2>;

export const MessageDeletedV1 = defineEvent(
  'MessageDeleted',
  1,
  'edit',
  Type.Object(changeFields, {
    additionalProperties: false,
    description: 'A message was taken back: it keeps its place, and nothing of what it said is shown from then on.',
  }),
);

export const MessageDeletedV2 = defineEvent(
  'MessageDeleted',
  2,
  'edit',
  Type.Object(
    {
      ...changeFields,
      userId: idOf("Who deleted it: its sender, a moderator, or the id in the application's own token."),
      senderId: idOf('Whose message it was.'),
      reason: Type.Optional(Type.String({ minLength: 1, description: 'Why, in the words of who deleted it.' })),
    },
    {
      additionalProperties: false,
      description:
        'A message was taken back by its sender, or taken away by somebody who moderates: it keeps its place, and ' +
        'nothing of what it said is shown from then on.',
    },
  ),
  // What is said of a person is taken away with what they said.
  personalTexts('senderId', { reason: undefined }),
);
export type MessageDeleted = EventOf<typeof MessageDeletedV2>;

/**
 * What a change is decided on: the room that the person means, what is held against them, and the message, null where
 * there is none of that id.
 */
export interface ChangedState {
  readonly room: Room | null;
  readonly sanctions?: SanctionsState;
  readonly message: {
    readonly room: Room;
    readonly sender: { readonly id: string };
    /** When it was said, ISO 8601. */
    readonly at: string;
    readonly deleted?: true;
  } | null;
  /** In a direct chat: those to whom nothing may be said by the other side. */
  readonly blockers?: BlockersState;
}

interface ChangeMessage extends CommandContext {
  readonly messageId: string;
  readonly userId: string;
}

export interface EditMessage extends ChangeMessage {
  readonly content: string;
  /** How long after it was said a message may be edited, in seconds; 0 for never. */
  readonly withinSeconds: number;
  readonly filter?: WordFilter;
}

export interface DeleteMessage extends ChangeMessage {
  /** Whether they moderate the room: then the message may be anybody's. */
  readonly isModerator?: boolean;
  /** Why somebody else's is taken away; of one's own it is not asked. */
  readonly reason?: string;
}

/** Changes what a message of one's own says, while it is not too late. */
export function editMessage(command: EditMessage, state: ChangedState): Decision<MessageEdited> {
  const found = inTheirRoom(state);
  if ('refusal' in found) return found;
  if (found.sender.id !== command.userId) return notYours;
  const { key, at, messageId, userId, content, withinSeconds, filter } = command;
  const silenced = refusedIfSilenced(state.sanctions ?? [], found.room, at) ?? refusedIfAnyBlocks(state, userId);
  if (silenced) return silenced;
  if (found.deleted) return refused('deleted', 'the message was deleted', 'message_id');
  if (Date.parse(at) - Date.parse(found.at) >= withinSeconds * 1_000) {
    return refused('too_late', tooLate(withinSeconds), 'message_id');
  }
  const said = filtered(filter, content, { room: found.room, userId });
  if ('refusal' in said) return said;
  return decided<MessageEdited>({
    ...{ type: 'MessageEdited', room: found.room, id: `edit.${key}`, at, messageId, userId, content: said.text },
  });
}

/** Other words are words: they are not said to who blocks whoever says them. */
const refusedIfAnyBlocks = ({ room, blockers = [] }: ChangedState, userId: string): Refused | null => {
  const receiverId = blockers.length > 0 && room ? roomIds(room).find((id) => id !== userId) : undefined;
  return receiverId === undefined ? null : refusedIfBlocked(blockers, receiverId);
};

const tooLate = (withinSeconds: number): string =>
  withinSeconds === 0 ? 'messages are not edited here' : `a message is edited within ${withinSeconds} s, or not at all`;

/**
 * Takes a message of one's own back, however old it is, or, where one moderates its room, anybody's away; nothing to do
 * where it is deleted already. Who may not speak may still do so.
 */
export function deleteMessage(command: DeleteMessage, state: ChangedState): Decision<MessageDeleted> {
  const found = inTheirRoom(state);
  if ('refusal' in found) return found;
  const { key, at, messageId, userId, isModerator, reason } = command;
  const senderId = found.sender.id;
  if (senderId !== userId && !isModerator) return notYours;
  if (found.deleted) return decided<MessageDeleted>(null);
  return decided<MessageDeleted>({
    ...{ type: 'MessageDeleted', room: found.room, id: `delete.${key}`, at, messageId, userId, senderId },
    ...(senderId !== userId && reason !== undefined && { reason }),
  });
}

/** Whose a message is, everybody in its room can see: that it is somebody else's is no secret. */
const notYours = refused('not_yours', 'the message is somebody else’s', 'message_id');

function inTheirRoom({ room, message, sanctions = [] }: ChangedState) {
  if (!room) return refused('no_clan', 'you are in no clan', 'clan_id');
  const banned = refusedIfBanned(sanctions, room);
  if (banned) return banned;
  if (message?.room !== room) return refused('not_found', 'no such message in this room', 'message_id');
  return message;
}

/** What a message says; null once it was taken back, undefined for one that is not known. */
export type Said = string | null | undefined;

/**
 * What a message says after one of its own events, taken in the order of the log. As in every fold: the first creation
 * counts, what was taken back stays so, and a change of what is not known changes nothing.
 */
export function saidAfter(said: Said, event: MessageCreated | MessageEdited | MessageDeleted): Said {
  if (event.type === 'MessageCreated') return said === undefined ? event.content : said;
  if (said === undefined || said === null) return said;
  return event.type === 'MessageEdited' ? event.content : null;
}
