import {
  membershipOf,
  type MembershipState,
  profileOf,
  type ProfileState,
  sanctionsOf,
  type SanctionsState,
  userRoom,
} from '#domain';
import type { AskedLog } from './asked-log.js';

/** What the log knows of a person: the last event of its kind is the whole state, null where there is none. */
export class People {
  constructor(private readonly log: Pick<AskedLog, 'last'>) {}

  /** @throws LogUnavailable, UnreadableEvent */
  async membership(userId: string): Promise<MembershipState> {
    return membershipOf(await this.log.last(userRoom(userId), 'member'));
  }

  /** @throws LogUnavailable, UnreadableEvent */
  async profile(userId: string): Promise<ProfileState> {
    return profileOf(await this.log.last(userRoom(userId), 'profile'));
  }

  /** @throws LogUnavailable, UnreadableEvent */
  async sanctions(userId: string): Promise<SanctionsState> {
    return sanctionsOf(await this.log.last(userRoom(userId), 'sanction'));
  }
}
