import type { RecordedEvent } from '#domain';
import type { PersonDocument } from '../../src/index.js';

/** What the directory must say of somebody: what the last events of theirs say. */
export function personIn(events: readonly RecordedEvent[], userId: string): Omit<PersonDocument, '_id'> | null {
  const isMembership = ({ type }: RecordedEvent) => type === 'MemberJoined' || type === 'MemberLeft';
  const own = events.filter((event) => 'userId' in event && event.userId === userId);
  const membership = own.findLast(isMembership);
  const profile = own.findLast(({ type }) => type === 'ProfileChanged');
  if (!membership && !profile) return null;
  return {
    seq: Math.max(membership?.seq ?? 0, profile?.seq ?? 0),
    userId,
    clanId: membership?.type === 'MemberJoined' ? membership.clanId : null,
    memberSeq: membership?.seq ?? 0,
    name: profile?.type === 'ProfileChanged' ? profile.name : null,
    avatar: profile?.type === 'ProfileChanged' ? profile.avatar : null,
    profileSeq: profile?.seq ?? 0,
  };
}
