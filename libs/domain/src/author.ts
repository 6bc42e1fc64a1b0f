import type { DomainEvent } from './events.js';

/**
 * The person whose doing an event records: who said, changed, reacted, saw, opened or decided something, or whose
 * membership or profile it is, which are theirs also where the surrounding application told of them. Null for an event
 * that is nobody's.
 */
export function authorOf(event: DomainEvent): string | null {
  switch (event.type) {
    case 'MessageCreated':
      return event.sender.id;
    case 'ChatCreated':
    case 'PersonMuted':
    case 'PersonUnmuted':
    case 'PersonBanned':
    case 'PersonUnbanned':
    case 'SlowModeChanged':
    case 'PersonBlocked':
    case 'PersonUnblocked':
      return event.by;
    case 'ReactionAdded':
    case 'ReactionRemoved':
    case 'MessageEdited':
    case 'MessageDeleted':
    case 'MessagesSeen':
    case 'MemberJoined':
    case 'MemberLeft':
    case 'ProfileChanged':
      return event.userId;
    case 'UserErased':
      return null;
  }
}

/** Whether a person did it, or it was decided about them. */
export const concerns = (event: DomainEvent, userId: string): boolean =>
  authorOf(event) === userId || ('userId' in event && event.userId === userId);
