import {
  encodeId,
  ERASED_NAME,
  evolveMembership,
  evolveProfile,
  evolveSanctions,
  partitionOf,
  type RecordedEvent,
  roomKind,
  userRoom,
} from '#domain';
import { DIRECTORY_FORMAT, directoryCollections, type PersonDocument } from './documents.js';
import { encodeUpdate, type PersonUpdate } from '../live-update.js';
import { type Folded, nothing, type Projection } from '../projection.js';

/**
 * What people are called and which clan they are in: a document per person. What is held against them makes no
 * document, since the log itself is asked for it; that it changed is told from here too, so that every gateway hears of
 * it though whoever decided it may not have come to telling it.
 */
export const directory: Projection<PersonUpdate> = {
  name: 'directory',
  format: DIRECTORY_FORMAT,
  kinds: ['member', 'profile', 'sanction', 'erase'],
  collections: directoryCollections,
  heads: null,
  needs(event) {
    const isOfPerson = 'userId' in event && !('sanctions' in event) && !isElsewhere(event);
    return isOfPerson ? [{ collection: 'people', id: encodeId(event.userId) }] : [];
  },
  fold(view, event) {
    switch (event.type) {
      case 'MemberJoined':
      case 'MemberLeft':
        return folded(view.get('people', encodeId(event.userId)) as PersonDocument | null, event, (person) => ({
          ...person,
          clanId: evolveMembership(person, event)?.clanId ?? null,
          memberSeq: event.seq,
        }));
      case 'ProfileChanged':
        return folded(view.get('people', encodeId(event.userId)) as PersonDocument | null, event, (person) => ({
          ...person,
          ...evolveProfile(null, event),
          profileSeq: event.seq,
        }));
      case 'PersonMuted':
      case 'PersonUnmuted':
      case 'PersonBanned':
      case 'PersonUnbanned': {
        const { userId, seq } = event;
        const sanctions = { seq, held: evolveSanctions([], event) };
        return { documents: [], change: { type: 'person', userId, member: null, profile: null, sanctions } };
      }
      case 'UserErased': {
        if (isElsewhere(event)) return nothing;
        const stored = view.get('people', encodeId(event.userId)) as PersonDocument | null;
        return stored ? folded(stored, event, personWithout) : nothing;
      }
      case 'ChatCreated':
      case 'MessageCreated':
      case 'ReactionAdded':
      case 'ReactionRemoved':
      case 'MessageEdited':
      case 'MessageDeleted':
      case 'MessagesSeen':
      case 'SlowModeChanged':
      case 'PersonBlocked':
      case 'PersonUnblocked':
        return nothing;
    }
  },
  sweep: null,
  without: (_collection, document, userId) => {
    const person = document as PersonDocument;
    return person.userId === userId ? personWithout(person) : person;
  },
  announce: (updates) => updates.map((update) => ({ userId: update.userId, text: encodeUpdate(update) })),
};

/** A person is in the partition of their own room; that they are erased is said in all of them. */
const isElsewhere = (event: RecordedEvent): boolean =>
  event.type === 'UserErased' &&
  (roomKind(event.room) !== 'partition' || partitionOf(event.room) !== partitionOf(userRoom(event.userId)));

const personWithout = (person: PersonDocument): PersonDocument =>
  person.name === null ? person : { ...person, name: ERASED_NAME, avatar: null, profileSeq: 0 };

function folded(
  stored: PersonDocument | null,
  event: RecordedEvent & { readonly userId: string },
  change: (person: PersonDocument) => PersonDocument,
): Folded<PersonUpdate> {
  // Written before a crash, perhaps not announced: what is told is the state, so telling it again is right.
  if (stored && stored.seq >= event.seq) return { documents: [], change: updateOf(stored) };
  const { userId, seq } = event;
  const person = stored ?? {
    _id: encodeId(userId),
    seq,
    userId,
    name: null,
    avatar: null,
    clanId: null,
    profileSeq: 0,
    memberSeq: 0,
  };
  const document = { ...change(person), seq };
  return { documents: [{ collection: 'people', document }], change: updateOf(document) };
}

function updateOf({ userId, clanId, name, avatar, memberSeq, profileSeq }: PersonDocument): PersonUpdate {
  return {
    type: 'person',
    userId,
    member: memberSeq > 0 ? { seq: memberSeq, clanId } : null,
    // What somebody was called who was erased is told to nobody.
    profile: name === null || profileSeq === 0 ? null : { seq: profileSeq, name, avatar },
  };
}
