import { encodeId, evolveMembership, evolveProfile, type RecordedEvent } from '#domain';
import { DIRECTORY_FORMAT, directoryCollections, type PersonDocument } from './documents.js';
import { encodeUpdate } from '../live-update.js';
import { type Folded, nothing, type Projection } from '../projection.js';

/** What people are called and which clan they are in: a document per person. */
export const directory: Projection<PersonDocument> = {
  name: 'directory',
  format: DIRECTORY_FORMAT,
  kinds: ['member', 'profile'],
  collections: directoryCollections,
  heads: null,
  needs: (event) => ('userId' in event ? [{ collection: 'people', id: encodeId(event.userId) }] : []),
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
      case 'ChatCreated':
      case 'MessageCreated':
      case 'ReactionAdded':
      case 'ReactionRemoved':
      case 'MessageEdited':
      case 'MessageDeleted':
      case 'MessagesSeen':
        return nothing;
    }
  },
  announce: (people) => people.map((person) => ({ userId: person.userId, text: personText(person) })),
};

function folded(
  stored: PersonDocument | null,
  event: RecordedEvent & { readonly userId: string },
  change: (person: PersonDocument) => PersonDocument,
): Folded<PersonDocument> {
  // Written before a crash, perhaps not announced: what is told is the state, so telling it again is right.
  if (stored && stored.seq >= event.seq) return { documents: [], change: stored };
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
  return { documents: [{ collection: 'people', document }], change: document };
}

function personText({ userId, clanId, name, avatar, memberSeq, profileSeq }: PersonDocument): string {
  return encodeUpdate({
    type: 'person',
    userId,
    member: memberSeq > 0 ? { seq: memberSeq, clanId } : null,
    profile: name === null ? null : { seq: profileSeq, name, avatar },
  });
}
