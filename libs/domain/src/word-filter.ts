import { refused, type Refused } from './decision.js';
import { type Room, roomKind } from './ids.js';
import { isText, MAX_FEELING_LENGTH } from './text.js';

/**
 * What becomes of a text that somebody wants to say: the same, another one that takes its place, or null where it must
 * not be said. Replaced by who runs the system. Pure: the same text comes to the same, or a message sent again would
 * not be the same message.
 */
export type WordFilter = (text: string, context: WordFilterContext) => string | null;

export interface WordFilterContext {
  /** `global`, `clan:<id>` or `direct:<id>:<id>`. */
  readonly room: Room;
  readonly userId: string;
}

/** What is said in the place of a text, or why nothing is. */
export function filtered(
  filter: WordFilter | undefined,
  text: string,
  context: WordFilterContext,
): { readonly text: string } | Refused {
  const left = filter ? filter(text, context) : text;
  return left === null ? notSaid(roomKind(context.room) === 'direct' ? 'message' : 'content') : { text: left };
}

/** The same of a feeling, which may say nothing: of that nobody is asked. */
export function filteredFeeling(
  filter: WordFilter | undefined,
  feeling: string | undefined,
  context: WordFilterContext,
): { readonly text: string | undefined } | Refused {
  if (!filter || feeling === undefined || feeling.trim() === '') return { text: feeling };
  const left = filter(feeling, context);
  return isText(left, MAX_FEELING_LENGTH) ? { text: left } : notSaid('feeling');
}

const notSaid = (field: string): Refused => refused('filtered', 'this is not said here: say it in other words', field);
