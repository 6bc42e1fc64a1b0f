import { enveloped, type RoomDialect, type SoftDirectFrame, type SoftRoomFrame, userNumberOf } from '#protocol';
import { ROOM_CHAT } from '../socket/endpoint.js';
import type { Later } from '../socket/outbound.js';
import type { Session } from '../socket/session.js';
import { textFrame } from '../socket/text-frame.js';
import type { Affected, OnlinePeople } from './online-people.js';

/** Whom a connection sees: those of its person's clan, or those with whom they have a chat. */
interface Watcher {
  readonly session: Session;
  readonly partners: () => readonly string[];
  /** Under which it is found: `clan <id>` or `user <id>`. */
  keys: ReadonlySet<string>;
  /** Whom it was told to be online; null before it was told of anybody. */
  shown: Set<string> | null;
}

const clanKey = (clanId: string): string => `clan ${clanId}`;
const userKey = (userId: string): string => `user ${userId}`;

/** The connections that have asked who is online, and what each was told. */
export class Watchers {
  readonly #watchers = new Map<Session, Watcher>();
  readonly #byKey = new Map<string, Set<Watcher>>();

  constructor(
    private readonly online: OnlinePeople,
    private readonly dialect: RoomDialect,
  ) {}

  get size(): number {
    return this.#watchers.size;
  }

  /** How many people and clans are looked at. */
  get seen(): number {
    return this.#byKey.size;
  }

  add(session: Session, partners: () => readonly string[]): void {
    // It has been told already.
    if (this.#watchers.has(session)) return;
    const watcher: Watcher = { session, partners, keys: new Set(), shown: null };
    this.#watchers.set(session, watcher);
    this.#find(watcher);
  }

  remove(session: Session): void {
    const watcher = this.#watchers.get(session);
    if (!watcher) return;
    this.#watchers.delete(session);
    this.#forget(watcher);
  }

  /** Tells everybody who was told nothing yet of all whom they see. */
  begin(): void {
    for (const watcher of this.#watchers.values()) if (!watcher.shown) this.#tellAll(watcher);
  }

  /** It may see others than before. */
  moved(session: Session): void {
    const watcher = this.#watchers.get(session);
    if (!watcher) return;
    const before = watcher.keys;
    this.#forget(watcher);
    this.#find(watcher);
    const isOther = watcher.keys.size !== before.size || [...watcher.keys].some((key) => !before.has(key));
    if (watcher.shown && isOther) this.#tellAll(watcher);
  }

  /** Tells those who see them. */
  tell(affected: Affected): void {
    const due = new Map<Watcher, string[]>();
    for (const [userId, clans] of affected) {
      const keys = [userKey(userId), ...[...clans].map(clanKey)];
      const watchers = new Set(keys.flatMap((key) => [...(this.#byKey.get(key) ?? [])]));
      for (const watcher of watchers) due.set(watcher, [...(due.get(watcher) ?? []), userId]);
    }
    for (const [watcher, userIds] of due) this.#update(watcher, userIds);
  }

  #update(watcher: Watcher, userIds: readonly string[]): void {
    const { session, shown } = watcher;
    if (!shown) return;
    const came = userIds.filter((userId) => !shown.has(userId) && this.#sees(watcher, userId));
    const went = userIds.filter((userId) => shown.has(userId) && !this.#sees(watcher, userId));
    if (came.length + went.length === 0) return;
    for (const userId of came) shown.add(userId);
    for (const userId of went) shown.delete(userId);
    session.deliverSoftly('presence', this.#frame(session, came, went), this.#later(watcher));
  }

  #tellAll(watcher: Watcher): void {
    watcher.session.deliverSoftly('presence', this.#whole(watcher), this.#later(watcher));
  }

  /** By then it may not want to know any more. */
  #later(watcher: Watcher): Later {
    return () => (this.#watchers.get(watcher.session) === watcher ? this.#whole(watcher) : null);
  }

  #whole(watcher: Watcher): Buffer {
    const { session } = watcher;
    const { clanId } = session.person;
    const isRoom = session.endpoint === ROOM_CHAT;
    const seen = isRoom ? (clanId === null ? [] : this.online.ofClan(clanId)) : watcher.partners();
    watcher.shown = new Set(seen.filter((userId) => this.#sees(watcher, userId)));
    return this.#frame(session, [...watcher.shown], [], { snapshot: true });
  }

  #sees({ session, keys }: Watcher, userId: string): boolean {
    if (session.endpoint === ROOM_CHAT) return this.online.isInClan(userId, session.person.clanId);
    return keys.has(userKey(userId)) && this.online.isOnline(userId);
  }

  #frame(
    { endpoint }: Session,
    online: readonly string[],
    offline: readonly string[],
    whole: { readonly snapshot?: true } = {},
  ): Buffer {
    if (endpoint === ROOM_CHAT) {
      const frame: SoftRoomFrame = { chat: 'clan', event: 'presence', online, offline, ...whole };
      return textFrame(enveloped(this.dialect, frame));
    }
    const data = { online: numbersOf(online), offline: numbersOf(offline), ...whole };
    return textFrame(JSON.stringify({ event: 'presence', data } satisfies SoftDirectFrame));
  }

  #find(watcher: Watcher): void {
    const { session, partners } = watcher;
    const { clanId } = session.person;
    if (session.endpoint === ROOM_CHAT) watcher.keys = new Set(clanId === null ? [] : [clanKey(clanId)]);
    else watcher.keys = new Set(partners().map(userKey));
    for (const key of watcher.keys) this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(watcher));
  }

  #forget(watcher: Watcher): void {
    for (const key of watcher.keys) {
      const watchers = this.#byKey.get(key);
      watchers?.delete(watcher);
      if (watchers?.size === 0) this.#byKey.delete(key);
    }
  }
}

/** The direct API names people by numbers; somebody without one has no chats there. */
const numbersOf = (userIds: readonly string[]): number[] =>
  userIds.map(userNumberOf).filter((number): number is number => number !== null);
