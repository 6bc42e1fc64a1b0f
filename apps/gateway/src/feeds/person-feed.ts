import { Logger } from '@nestjs/common';
import {
  clanRoom,
  GLOBAL_ROOM,
  isBanned,
  type PublicRoom,
  type Room,
  sanctionsOf,
  userRoom,
  RetryableError,
} from '#domain';
import type { LiveSubscription } from '#event-store';
import type { Caller } from '#platform';
import { CLOSE, type CloseCode } from '#protocol';
import { decodeUpdate, type PersonUpdate, type Timeline } from '#projections';
import { type Pinned } from '#read-models';
import type { DirectFeed } from './direct-feed.js';
import type { Hearing } from './hearing.js';
import { DIRECT_CHAT, type Endpoint, ROOM_CHAT } from '../socket/endpoint.js';
import { Person } from './person.js';
import type { PersonFeedParts } from './person-feed-parts.js';
import { recordedMembership, recordedProfile } from './recorded-claims.js';
import type { RoomFeed } from './room-feed.js';
import { countOpen, type Session } from '../socket/session.js';

const logger = new Logger('PersonFeed');

/**
 * One person, as long as they are connected to this gateway: what the log says of them, kept up to date, and all their
 * connections. Those of the room API are in the rooms of the moment: a change of membership moves them at once, and a ban
 * takes them out.
 */
export class PersonFeed {
  readonly person: Person;
  readonly #parts: PersonFeedParts;
  #roomSessions: readonly Session[] = [];
  /** Null while they had no connection of the direct API. */
  #direct: DirectFeed | null = null;
  readonly #subscription: LiveSubscription;
  #known: Promise<unknown> | null = null;
  /** The sequences of the last `member`, `profile` and `sanction` events taken in; 0 for none. */
  #memberSeq = 0;
  /** What the key of their texts was called, when it was last looked at. */
  #keyId: string | null | undefined = undefined;
  #profileSeq = 0;
  #sanctionSeq = 0;
  /** Whether somebody of the room API has asked for their rooms. */
  #isInRooms = false;
  #global: RoomFeed | null = null;
  #clan: RoomFeed | null = null;
  #stopped = false;

  constructor(
    readonly userId: string,
    parts: PersonFeedParts,
  ) {
    this.person = new Person(userId);
    this.#parts = parts;
    this.#subscription = parts.log.live.subscribeToUser(userId, (text) => {
      this.#hear(text);
    });
  }

  /** How many are open. */
  connections(endpoint: Endpoint): number {
    return endpoint === ROOM_CHAT ? countOpen(this.#roomSessions) : (this.#direct?.audience.size ?? 0);
  }

  /**
   * Everything that has to be there before a connection is opened: the person as the log knows them, and the feeds of
   * their rooms, which miss nothing from then on.
   * @throws LogUnavailable
   */
  async prepare(endpoint: Endpoint, claims: Caller['claims']): Promise<void> {
    const known = (this.#known ??= this.#begin(claims));
    const [, keyId] = await Promise.all([known, this.#parts.log.keyring.renewKey(this.userId)]);
    if (this.#keyId !== undefined && keyId !== this.#keyId) this.#isAnother();
    this.#keyId = keyId;
    const newClan = this.#memberSeq === 0 && claims.clanId !== undefined;
    const newName = this.#profileSeq === 0 && claims.name !== undefined;
    if (newClan || newName) await this.#read(claims);
    if (this.#stopped) return;
    if (endpoint === ROOM_CHAT) {
      this.#isInRooms = true;
      this.#followRooms();
      await this.#inRooms();
    } else {
      await this.#chats.ready();
    }
    // What was told of them meanwhile could not be read.
    if (this.#known !== known) await this.prepare(endpoint, claims);
  }

  get #chats(): DirectFeed {
    return (this.#direct ??= this.#parts.direct(this.userId));
  }

  /** Whoever had this id was erased while connections of theirs are still closing: nothing is known of who has it now. */
  #isAnother(): void {
    this.#profileSeq = 0;
    this.person.name = null;
    this.person.avatar = null;
  }

  add(session: Session): void {
    if (session.endpoint !== ROOM_CHAT) {
      this.#chats.audience.add(session);
      return;
    }
    this.#roomSessions = this.#roomSessions.concat(session);
    this.#global?.audience.add(session);
    this.#clan?.audience.add(session);
  }

  remove(session: Session): void {
    this.#direct?.audience.remove(session);
    this.#roomSessions = this.#roomSessions.filter((other) => other !== session);
    this.#global?.audience.remove(session);
    this.#clan?.audience.remove(session);
  }

  /** How one of their connections hears the global room or their clan's, once that can be said; null where it does not. */
  async hearing(session: Session, room: PublicRoom): Promise<Hearing | null> {
    const feed = room === 'global' ? this.#global : this.#clan;
    return feed && feed.hearing(session);
  }

  /** One of their connections has asked for other things than before. */
  topicsChanged(session: Session): void {
    const feeds = session.endpoint === ROOM_CHAT ? [this.#global, this.#clan] : [this.#direct];
    for (const feed of feeds) feed?.topicsChanged(session);
  }

  /** Those with whom they have a direct chat. */
  get partners(): readonly string[] {
    return this.#direct?.partners ?? [];
  }

  /** The same of a direct chat of theirs. */
  hearingChat(session: Session, room: Room, chatId: number): Hearing | null {
    return this.#direct?.hearing(session, room, chatId) ?? null;
  }

  /**
   * Reads the person again, after changes of theirs may have been missed. One who cannot be read is sent away, and one who
   * was erased ends.
   * @returns whether it is known what is so of them
   * @throws LogUnavailable
   */
  async refresh(): Promise<boolean> {
    if (!this.#known || this.#stopped) return true;
    const before = this.#keyId;
    try {
      const keyId = await this.#read({});
      // Their tokens were revoked before; what they said now would be sealed with the key of whoever comes next.
      if (before === undefined || before !== this.#keyId || keyId === before) return true;
      this.end(CLOSE.tokenRevoked);
    } catch (error) {
      if (error instanceof RetryableError) throw error;
      this.#sendAway(error);
    }
    return false;
  }

  /** Resolves once it is known which chats went on meanwhile. */
  async catchUp(): Promise<void> {
    await this.#direct?.catchUp();
  }

  /** Their direct chats go on in another version of the timeline. */
  async move(to: Pinned<Timeline>): Promise<void> {
    await this.#direct?.move(to);
  }

  stop(): void {
    this.#stopped = true;
    this.#isInRooms = false;
    this.#subscription.stop();
    this.#direct?.stop();
    this.#leave(this.#global);
    this.#leave(this.#clan);
    this.#global = this.#clan = null;
  }

  /**
   * What the log says of the person; where it knows nothing yet, what their token claims is recorded, each for itself,
   * and whoever records something else at the same moment wins or loses by the log's order.
   */
  async #read(claims: Caller['claims']): Promise<string | null> {
    const { log } = this.#parts;
    const [keyId] = await Promise.all([log.keyring.renewKey(this.userId), log.live.flush()]);
    const [member, profile, sanction] = await Promise.all([
      recordedMembership(this.#parts, this.userId, claims),
      recordedProfile(this.#parts, this.userId, claims),
      log.last(userRoom(this.userId), 'sanction'),
    ]);
    this.#take({
      member: member && { seq: member.seq, clanId: member.type === 'MemberJoined' ? member.clanId : null },
      profile,
      sanctions: sanction && { seq: sanction.seq, held: sanctionsOf(sanction) },
    });
    return keyId;
  }

  /** A start that failed is no answer for the next who asks. */
  #begin(claims: Caller['claims']): Promise<unknown> {
    const known: Promise<unknown> = this.#read(claims).catch((error: unknown) => {
      if (this.#known === known) this.#known = null;
      throw error;
    });
    return known;
  }

  #hear(text: string): void {
    try {
      const update = decodeUpdate(text);
      if (update?.type === 'person') this.#take(update);
      else if (update) this.#direct?.accept(update);
    } catch (error) {
      this.#sendAway(error);
    }
  }

  /** What is so of them is not known here any more: their connections end, and who comes next is read anew. */
  #sendAway(error: unknown): void {
    if (!this.#known) return;
    const count = countOpen(this.#roomSessions) + this.connections(DIRECT_CHAT);
    logger.error(
      // An id may hold anything, line breaks too.
      `what there is of user ${JSON.stringify(this.userId)} cannot be read, their connections (${count}) are closed: ${String(error)}`,
    );
    this.end(CLOSE.internal);
  }

  /** Ends their connections; who comes next is read anew. */
  end(code: CloseCode): void {
    this.#known = null;
    for (const session of this.#roomSessions) session.close(code);
    this.#direct?.audience.end(code);
  }

  /** What was read from the log, or told by another, may be newer. */
  #take({ member, profile, sanctions }: Pick<PersonUpdate, 'member' | 'profile' | 'sanctions'>): void {
    if (member && member.seq > this.#memberSeq) {
      this.#memberSeq = member.seq;
      this.#inClan(member.clanId);
    }
    if (profile && profile.seq > this.#profileSeq) {
      this.#profileSeq = profile.seq;
      this.person.name = profile.name;
      this.person.avatar = profile.avatar;
    }
    if (sanctions && sanctions.seq > this.#sanctionSeq) {
      this.#sanctionSeq = sanctions.seq;
      this.person.sanctions = sanctions.held;
    }
    this.#followRooms();
  }

  /** Resolves once their rooms miss nothing: those of that moment, where they were moved meanwhile. */
  async #inRooms(): Promise<void> {
    for (;;) {
      const [global, clan] = [this.#global, this.#clan];
      await Promise.all([global?.ready, clan?.ready]);
      if (global === this.#global && clan === this.#clan) return;
    }
  }

  /** The rooms that they may be in no more are left before this returns, and the new ones entered. */
  #followRooms(): void {
    if (!this.#isInRooms) return;
    const { clanId } = this.person;
    this.#global = this.#followed(this.#global, GLOBAL_ROOM);
    this.#clan = this.#followed(this.#clan, clanId === null ? null : clanRoom(clanId));
  }

  #followed(feed: RoomFeed | null, room: Room | null): RoomFeed | null {
    const wanted = room && !isBanned(this.person.sanctions, room) ? room : null;
    if (wanted === (feed?.room ?? null)) return feed;
    this.#leave(feed);
    const entered = wanted && this.#parts.rooms.enter(wanted);
    if (entered) for (const session of this.#roomSessions) entered.audience.add(session);
    return entered;
  }

  #inClan(clanId: string | null): void {
    if (clanId === this.person.clanId) return;
    this.person.clanId = clanId;
    this.#parts.moved(this.userId);
  }

  #leave(feed: RoomFeed | null): void {
    if (!feed) return;
    for (const session of this.#roomSessions) feed.audience.remove(session);
    this.#parts.rooms.leave(feed);
  }
}
