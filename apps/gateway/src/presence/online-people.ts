import type { Comings, OnlinePerson } from './own-people.js';

/** What a gateway says of itself: changes, numbered from 1 without holes; with none, that it stands at that number. */
export interface Announcement extends Comings {
  readonly gateway: string;
  readonly seq: number;
}

/** Everybody who is connected to a gateway, as of one of its announcements. */
export interface WholeList {
  readonly gateway: string;
  readonly seq: number;
  readonly people: readonly OnlinePerson[];
}

/** A gateway that is not heard of for so long is gone, and everybody who was connected to it. Milliseconds. */
export const LEASE = 8_000;
const MAX_WAITING = 1_000;

interface Gateway {
  /** -1 while its list is asked for. */
  seq: number;
  heardAt: number;
  people: Map<string, string | null>;
  /** What came since it was asked for its list. */
  waiting: Announcement[];
}

/** By person: the clans in which they may have come, or gone from. */
export type Affected = Map<string, Set<string>>;

/**
 * Who is connected to any gateway, by what each says of itself. Nothing of it is stored: a gateway that is new here, or
 * of which something was missed, is asked for its list, and one that says nothing any more is gone.
 */
export class OnlinePeople {
  readonly #gateways = new Map<string, Gateway>();
  /** By person: by which gateway's word they are online, and in which clan. */
  readonly #people = new Map<string, Map<string, string | null>>();
  /** By clan: who is online in it, by so many gateways' word. */
  readonly #clans = new Map<string, Map<string, number>>();

  isOnline(userId: string): boolean {
    return this.#people.has(userId);
  }

  isInClan(userId: string, clanId: string | null): boolean {
    return clanId !== null && (this.#clans.get(clanId)?.has(userId) ?? false);
  }

  ofClan(clanId: string): string[] {
    return [...(this.#clans.get(clanId)?.keys() ?? [])];
  }

  /** @returns whether the gateway is to be asked for its list */
  hear(said: Announcement, now: number, affected: Affected): boolean {
    const gateway = this.#gateway(said.gateway);
    gateway.heardAt = now;
    if (gateway.seq >= 0 && this.#follows(gateway, said)) {
      this.#apply(gateway, said, affected);
      return false;
    }
    if (gateway.seq >= said.seq) return false;
    gateway.seq = -1;
    gateway.waiting.push(said);
    if (gateway.waiting.length > MAX_WAITING) gateway.waiting.shift();
    return true;
  }

  take({ gateway: id, seq, people }: WholeList, now: number, affected: Affected): void {
    const gateway = this.#gateway(id);
    if (gateway.seq > seq) return;
    gateway.heardAt = now;
    gateway.seq = seq;
    const listed = new Map(people);
    for (const userId of gateway.people.keys())
      if (!listed.has(userId)) this.#set(id, gateway, userId, undefined, affected);
    for (const [userId, clanId] of listed) this.#set(id, gateway, userId, clanId, affected);
    // Where one of them is missing, the gateway's next word says so.
    for (const said of gateway.waiting.splice(0)) this.hear(said, now, affected);
  }

  /** Nothing can be heard at this moment: nobody is taken for gone because of that. */
  spare(now: number): void {
    for (const gateway of this.#gateways.values()) gateway.heardAt = now;
  }

  expire(now: number, affected: Affected): void {
    for (const [id, gateway] of this.#gateways) if (now - gateway.heardAt > LEASE) this.#drop(id, gateway, affected);
  }

  /** The gateway has said goodbye. */
  end(id: string, affected: Affected): void {
    const gateway = this.#gateways.get(id);
    if (gateway) this.#drop(id, gateway, affected);
  }

  clear(): void {
    for (const map of [this.#gateways, this.#people, this.#clans]) map.clear();
  }

  #gateway(id: string): Gateway {
    const known = this.#gateways.get(id) ?? { seq: -1, heardAt: 0, people: new Map(), waiting: [] };
    this.#gateways.set(id, known);
    return known;
  }

  /** Without changes it stands at its number; with changes it comes to it. */
  #follows({ seq }: Gateway, said: Announcement): boolean {
    return said.seq === (said.came.length + said.went.length === 0 ? seq : seq + 1);
  }

  #apply(gateway: Gateway, { gateway: id, seq, came, went }: Announcement, affected: Affected): void {
    gateway.seq = seq;
    for (const userId of went) this.#set(id, gateway, userId, undefined, affected);
    for (const [userId, clanId] of came) this.#set(id, gateway, userId, clanId, affected);
  }

  #drop(id: string, gateway: Gateway, affected: Affected): void {
    for (const userId of [...gateway.people.keys()]) this.#set(id, gateway, userId, undefined, affected);
    this.#gateways.delete(id);
  }

  #set(id: string, { people }: Gateway, userId: string, clanId: string | null | undefined, affected: Affected): void {
    const before = people.get(userId);
    if (before === clanId) return;
    const clans = affected.get(userId) ?? new Set();
    affected.set(userId, clans);
    const byGateway = this.#people.get(userId) ?? new Map<string, string | null>();
    if (clanId === undefined) {
      people.delete(userId);
      byGateway.delete(id);
    } else {
      people.set(userId, clanId);
      byGateway.set(id, clanId);
    }
    if (byGateway.size === 0) this.#people.delete(userId);
    else this.#people.set(userId, byGateway);
    for (const [clan, by] of [
      [before, -1],
      [clanId, 1],
    ] as const) {
      if (clan == null) continue;
      clans.add(clan);
      this.#count(clan, userId, by);
    }
  }

  #count(clanId: string, userId: string, by: 1 | -1): void {
    const clan = this.#clans.get(clanId) ?? new Map<string, number>();
    const count = (clan.get(userId) ?? 0) + by;
    if (count === 0) clan.delete(userId);
    else clan.set(userId, count);
    if (clan.size === 0) this.#clans.delete(clanId);
    else this.#clans.set(clanId, clan);
  }
}
