import {
  changeProfile,
  decided,
  joinClan,
  type MembershipEvent,
  type ProfileChanged,
  type RecordedEvent,
  userRoom,
} from '#domain';
import type { AskedLog } from '#event-store';
import type { Caller } from '#platform';

// What the log says of a person; where it knows nothing yet, what their token claims is recorded.

interface Recorder {
  readonly log: Pick<AskedLog, 'last' | 'decide'>;
  readonly newKey: () => string;
}

type Claims = Caller['claims'];

/** @throws LogUnavailable, OutcomeUnknown, UnreadableEvent */
export async function recordedMembership(
  { log, newKey }: Recorder,
  userId: string,
  { clanId }: Claims,
): Promise<RecordedEvent<MembershipEvent> | null> {
  const room = userRoom(userId);
  if (clanId === undefined) return (await log.last(room, 'member')) as RecordedEvent<MembershipEvent> | null;
  const command = { key: newKey(), at: new Date().toISOString(), userId, clanId };
  const decision = await log.decide<MembershipEvent>(room, 'member', (last) =>
    last ? decided<MembershipEvent>(null) : joinClan(command, null),
  );
  if ('refusal' in decision) return null;
  return decision.event ?? (decision.last as RecordedEvent<MembershipEvent> | null);
}

/**
 * What somebody was called who was erased is nothing that is known of who has their id now.
 * @throws LogUnavailable, OutcomeUnknown, UnreadableEvent
 */
export async function recordedProfile(
  { log, newKey }: Recorder,
  userId: string,
  { name, avatar }: Claims,
): Promise<RecordedEvent<ProfileChanged> | null> {
  const room = userRoom(userId);
  if (name === undefined) return known((await log.last(room, 'profile')) as RecordedEvent<ProfileChanged> | null);
  const command = { key: newKey(), at: new Date().toISOString(), userId, name, avatar: avatar ?? null };
  const decision = await log.decide<ProfileChanged>(room, 'profile', (last) =>
    last && !last.erased ? decided<ProfileChanged>(null) : changeProfile(command, null),
  );
  if ('refusal' in decision) return null;
  return decision.event ?? known(decision.last as RecordedEvent<ProfileChanged> | null);
}

const known = (profile: RecordedEvent<ProfileChanged> | null) => (profile?.erased ? null : profile);
