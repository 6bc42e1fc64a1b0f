import { evolveMembership, evolveProfile, type MembershipState, type ProfileState, userRoom } from '#domain';
import type { EventLog } from './event-log.js';

/** What the log knows of a person: the last event of its kind is the whole state, null where there is none. */
export class People {
  constructor(private readonly log: EventLog) {}

  /** @throws LogUnavailable, UnreadableEvent */
  async membership(userId: string): Promise<MembershipState> {
    const last = await this.log.last(userRoom(userId), 'member');
    return last?.type === 'MemberJoined' || last?.type === 'MemberLeft' ? evolveMembership(null, last) : null;
  }

  /** @throws LogUnavailable, UnreadableEvent */
  async profile(userId: string): Promise<ProfileState> {
    const last = await this.log.last(userRoom(userId), 'profile');
    return last?.type === 'ProfileChanged' ? evolveProfile(null, last) : null;
  }
}
