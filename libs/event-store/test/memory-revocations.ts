import { RevokedTokens, type TokenFacts } from '../src/revoked-tokens.js';

const FOR_MS = 3_600_000;

/** Revocations that everybody knows of at once. */
export class MemoryRevocations {
  /** In the test's hands. */
  hindrance: string | null = null;
  readonly #known = new RevokedTokens();

  follow(): this {
    return this;
  }

  isRevoked(token: TokenFacts): boolean {
    return this.#known.has(token);
  }

  revokePerson(userId: string): Promise<void> {
    const at = Date.now();
    this.#known.addPerson(userId, { at, until: at + FOR_MS });
    return Promise.resolve();
  }

  revokeToken(jti: string, until = Date.now() + FOR_MS): Promise<void> {
    this.#known.addToken(jti, { at: Date.now(), until });
    return Promise.resolve();
  }
}
