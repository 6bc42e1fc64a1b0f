/** What a token is known by; null for what it does not say. Times are in milliseconds since 1970. */
export interface TokenFacts {
  /** Whose it is. Null for one that is no person's. */
  readonly userId: string | null;
  /** Its own id. */
  readonly jti: string | null;
  readonly issuedAt: number | null;
}

/** When something was revoked, and until when that is remembered. Milliseconds since 1970. */
export interface Revocation {
  readonly at: number;
  readonly until: number;
}

/** Of two revocations of the same, what holds for both. */
export const joined = (one: Revocation, other: Revocation): Revocation => ({
  at: Math.max(one.at, other.at),
  until: Math.max(one.until, other.until),
});

/** The revocations that count at a moment, in memory. None makes another one smaller, in whatever order they come. */
export class RevokedTokens {
  readonly #people = new Map<string, Revocation>();
  readonly #tokens = new Map<string, Revocation>();

  constructor(private readonly now: () => number = Date.now) {}

  get size(): number {
    return this.#people.size + this.#tokens.size;
  }

  /** All tokens of a person that were issued by then, and those that do not say when. */
  addPerson(userId: string, revocation: Revocation): void {
    this.#add(this.#people, userId, revocation);
  }

  /** The one token of this id, whenever it was issued. */
  addToken(jti: string, revocation: Revocation): void {
    this.#add(this.#tokens, jti, revocation);
  }

  has({ userId, jti, issuedAt }: TokenFacts): boolean {
    const now = this.now();
    const token = jti === null ? undefined : this.#tokens.get(jti);
    if (token && token.until > now) return true;
    const person = userId === null ? undefined : this.#people.get(userId);
    return person !== undefined && person.until > now && (issuedAt === null || issuedAt <= person.at);
  }

  /** Lets go of what need not be remembered any more. */
  sweep(): void {
    const now = this.now();
    for (const all of [this.#people, this.#tokens]) {
      for (const [id, { until }] of all) if (until <= now) all.delete(id);
    }
  }

  #add(to: Map<string, Revocation>, id: string, revocation: Revocation): void {
    const before = to.get(id);
    const now = before ? joined(before, revocation) : revocation;
    if (now.until > this.now()) to.set(id, now);
  }
}
