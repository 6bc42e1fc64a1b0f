import type { MessageDeleted, MessageEdited } from './edit.js';
import type { MessageCreated } from './message.js';

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
