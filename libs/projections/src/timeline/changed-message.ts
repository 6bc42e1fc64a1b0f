import { type MessageDeleted, type MessageEdited, type ReactionAdded, type ReactionRemoved } from '#domain';
import { type MessageDocument, peopleOf, type ReactionView } from './documents.js';

/** Every reaction is told with all the others of its message; further people's are not kept. */
export const MAX_REACTIONS = 500;

/** What happens to a message that is there. */
export type ChangingEvent = ReactionAdded | ReactionRemoved | MessageEdited | MessageDeleted;

/**
 * The message as it is from then on.
 *
 * @param hiddenFrom who is not shown what it says from now on
 */
export function changedBy(
  event: ChangingEvent,
  message: MessageDocument,
  hiddenFrom: string | undefined,
): MessageDocument {
  switch (event.type) {
    case 'ReactionAdded':
    case 'ReactionRemoved':
      return withReactions(message, reactionsAfter(message.reactions, event));
    case 'MessageEdited':
      return {
        ...message,
        ...{ content: event.content, editedAt: event.at },
        ...(hiddenFrom !== undefined && { hiddenFrom }),
      };
    case 'MessageDeleted': {
      const { editedAt: _, ...left } = message;
      return { ...withReactions(left, []), content: '', feeling: null, deleted: true };
    }
  }
}

const withReactions = (message: MessageDocument, reactions: readonly ReactionView[]): MessageDocument => ({
  ...message,
  reactions,
  people: peopleOf({ ...message, reactions }),
});

/** One reaction per person: a second one takes the place of the first. */
function reactionsAfter(reactions: readonly ReactionView[], event: ReactionAdded | ReactionRemoved): ReactionView[] {
  const { userId } = event;
  if (event.type === 'ReactionRemoved') return reactions.filter((reaction) => reaction.userId !== userId);
  const added = { userId, userName: event.userName, emoji: event.emoji };
  const had = reactions.some((reaction) => reaction.userId === userId);
  if (!had && reactions.length >= MAX_REACTIONS) return [...reactions];
  return had ? reactions.map((reaction) => (reaction.userId === userId ? added : reaction)) : [...reactions, added];
}
