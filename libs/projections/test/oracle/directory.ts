import { ERASED_NAME, partitionOf, type RecordedEvent, roomKind, userRoom } from '#domain';
import type { PersonDocument } from '../../src/index.js';

/** What the directory must say of somebody: what the last events of theirs say. */
export function personIn(events: readonly RecordedEvent[], userId: string): Omit<PersonDocument, '_id'> | null {
  const isMembership = ({ type }: RecordedEvent) => type === 'MemberJoined' || type === 'MemberLeft';
  const own = events.filter((event) => 'userId' in event && event.userId === userId);
  const membership = own.findLast(isMembership);
  const profile = own.findLast(({ type }) => type === 'ProfileChanged');
  if (!membership && !profile) return null;
  // A person is in the partition of their own room, and is erased where it is said there.
  const erasure = own.findLast(
    ({ type, room }) =>
      type === 'UserErased' && roomKind(room) === 'partition' && partitionOf(room) === partitionOf(userRoom(userId)),
  );
  const known = Math.min(
    membership?.seq ?? Infinity,
    own.find(({ type }) => type === 'ProfileChanged')?.seq ?? Infinity,
  );
  const erasedAt = erasure && erasure.seq > known ? erasure.seq : 0;
  const isErased = profile !== undefined && erasedAt > profile.seq;
  return {
    seq: Math.max(membership?.seq ?? 0, profile?.seq ?? 0, erasedAt),
    userId,
    clanId: membership?.type === 'MemberJoined' ? membership.clanId : null,
    memberSeq: membership?.seq ?? 0,
    name: profile?.type === 'ProfileChanged' ? (isErased ? ERASED_NAME : profile.name) : null,
    avatar: profile?.type === 'ProfileChanged' && !isErased ? profile.avatar : null,
    profileSeq: isErased ? 0 : (profile?.seq ?? 0),
  };
}
