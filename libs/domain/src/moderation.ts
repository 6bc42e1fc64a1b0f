import { type Refused, refused } from './decision.js';
import { clanRoom, GLOBAL_ROOM, type Room } from './ids.js';
import { refusedIfBanned, type SanctionsState } from './sanctions.js';

// Who may hold something against others in a room. That somebody is a moderator is what their token says: the log knows
// no roles.

/** The rooms that somebody moderates by their token. */
export interface Moderates {
  /** The clan that the token is for, null for none: only while the log says that they are in it. */
  readonly clanId: string | null;
  readonly global: boolean;
}

export const MODERATES_NOTHING: Moderates = { clanId: null, global: false };

/** @param room one that they are in: their clan's is that of the clan which the log has them in */
export const isModerated = ({ clanId, global }: Moderates, room: Room): boolean =>
  room === GLOBAL_ROOM ? global : clanId !== null && room === clanRoom(clanId);

export interface ModeratorState {
  /** The room that they mean, null for the clan of somebody who has none. */
  readonly room: Room | null;
  readonly moderates: Moderates;
  /** What is held against themself. */
  readonly sanctions: SanctionsState;
}

/** The room that somebody may decide about as a moderator, or why they may not. */
export function moderatedRoom({ room, moderates, sanctions }: ModeratorState): { readonly room: Room } | Refused {
  if (!room) return refused('no_clan', 'you are in no clan', 'clan_id');
  const banned = refusedIfBanned(sanctions, room);
  if (banned) return banned;
  return isModerated(moderates, room) ? { room } : refused('forbidden', 'you do not moderate this room', 'room');
}

/** The same, to hold something against somebody, or lift it: what is held against oneself is up to others. */
export function moderatedRoomOf(state: ModeratorState & { readonly userId: string; readonly by: string }) {
  const found = moderatedRoom(state);
  if ('refusal' in found || state.userId !== state.by) return found;
  return refused('forbidden', 'nobody decides this about themself', 'user_id');
}
