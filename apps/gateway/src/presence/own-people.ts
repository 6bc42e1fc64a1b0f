import type { Session } from '../socket/session.js';

/** A person, and their clan. */
export type OnlinePerson = readonly [userId: string, clanId: string | null];

/** What has changed of who is connected to one gateway: each once. */
export interface Comings {
  readonly came: readonly OnlinePerson[];
  readonly went: readonly string[];
}

/** Whoever comes back within this time was never away. Milliseconds. */
const AWAY = 1_000;

/** So many are told of together, the others next time: with the longest ids still below the megabyte that NATS takes. */
const MAX_TOLD = 1_000;

/** Who is connected to this gateway, as it has told others of it. */
export class OwnPeople {
  readonly #sessions = new Map<string, readonly Session[]>();
  readonly #told = new Map<string, string | null>();
  /** Those who may be otherwise than was told, each with when it is to be looked at. */
  readonly #due = new Map<string, number>();

  /** As was told. */
  get list(): OnlinePerson[] {
    return [...this.#told];
  }

  get isDue(): boolean {
    return this.#due.size > 0;
  }

  sessionsOf(userId: string): readonly Session[] {
    return this.#sessions.get(userId) ?? [];
  }

  add(session: Session, now: number): void {
    const { userId } = session.person;
    this.#sessions.set(userId, this.sessionsOf(userId).concat(session));
    this.changed(userId, now);
  }

  remove(session: Session, now: number): void {
    const { userId } = session.person;
    const others = this.sessionsOf(userId).filter((other) => other !== session);
    if (others.length > 0) this.#sessions.set(userId, others);
    else this.#sessions.delete(userId);
    this.changed(userId, now);
  }

  changed(userId: string, now: number): void {
    this.#due.set(userId, this.#clanOf(userId) === undefined ? now + AWAY : now);
  }

  /** What is to be told by now. */
  take(now: number): Comings {
    const came: OnlinePerson[] = [];
    const went: string[] = [];
    for (const [userId, due] of this.#due) {
      if (came.length + went.length === MAX_TOLD) break;
      if (due > now) continue;
      this.#due.delete(userId);
      const clanId = this.#clanOf(userId);
      if (clanId === this.#told.get(userId)) continue;
      if (clanId === undefined) {
        this.#told.delete(userId);
        went.push(userId);
      } else {
        this.#told.set(userId, clanId);
        came.push([userId, clanId]);
      }
    }
    return { came, went };
  }

  /** Undefined where they have no connection. */
  #clanOf(userId: string): string | null | undefined {
    const [session] = this.sessionsOf(userId);
    return session?.person.clanId;
  }
}
