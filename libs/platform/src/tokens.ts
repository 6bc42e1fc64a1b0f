import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import jwt, { type Algorithm, type JwtPayload } from 'jsonwebtoken';
import {
  isFilledText,
  isText,
  MAX_AVATAR_BYTES,
  MAX_ID_LENGTH,
  MAX_NAME_LENGTH,
  type Moderates,
  MODERATES_NOTHING,
} from '#domain';
import type { Revocations, TokenFacts } from '#event-store';
import type { TokenSettings } from '#settings';

/** Who a verified token speaks for. */
export interface Caller {
  readonly userId: string;
  /** `service` is the surrounding application: it may write profiles and memberships and nothing else. */
  readonly scope: string | null;
  /** Milliseconds since 1970, the leeway included. May be further away than a timer reaches. */
  readonly expiresAt: number;
  /** Its own id, by which it alone can be revoked. */
  readonly jti: string | null;
  /** Milliseconds since 1970, the leeway taken off. Null where it does not say. */
  readonly issuedAt: number | null;
  /** What the token says of the person. Only counts where the log knows nothing yet. */
  readonly claims: PersonalClaims;
  /** By the claims `role`, `moderates` and `clan_id`. */
  readonly moderates: Moderates;
}

/** What it takes to see whether a verified token is revoked later. */
export type CheckedToken = Pick<Caller, 'userId' | 'scope' | 'jti' | 'issuedAt'>;

export interface PersonalClaims {
  readonly clanId?: string;
  readonly name?: string;
  /** JSON text of an object. */
  readonly avatar?: string;
}

/** The token is missing, ill-formed, expired, revoked, or signed by another key. The message holds nothing of the token. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}

export const isService = ({ scope }: Pick<Caller, 'scope'>): boolean => scope === 'service';

/** Longer ones are refused unread: the largest claims we take are an avatar of 2 KB. */
const MAX_TOKEN_LENGTH = 8_192;

/** The last moment that a date can be, in seconds since 1970. */
export const LATEST_TIME_S = 8.64e12;

/** `1e400` in JSON is a number too, without an end. */
const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= LATEST_TIME_S;

/** Of the id that a token has of its own; in characters. */
export const MAX_TOKEN_ID_LENGTH = 128;

/** An id that a token may have of its own: 1 to 128 characters of well-formed Unicode. */
export const isTokenId = (value: unknown): value is string => isText(value, MAX_TOKEN_ID_LENGTH) && value !== '';

const USER_CLAIMS = ['player_id', 'user_id', 'sub'];

/** Verifies tokens. The algorithms follow from the key, so that a token cannot choose how it is verified. */
export class Tokens {
  readonly #key: KeyObject;
  readonly #algorithms: Algorithm[];

  /** @throws TypeError where the settings hold no key; the configuration sees to that they do */
  constructor(
    readonly settings: TokenSettings,
    private readonly revocations: Pick<Revocations, 'isRevoked' | 'hindrance'>,
  ) {
    const { secret, publicKey } = settings;
    if (secret !== undefined) {
      this.#key = createSecretKey(Buffer.from(secret));
      this.#algorithms = ['HS256'];
    } else if (publicKey !== undefined) {
      this.#key = createPublicKey(publicKey);
      this.#algorithms = this.#key.asymmetricKeyType === 'ec' ? ['ES256'] : ['RS256', 'PS256'];
    } else {
      throw new TypeError('no key to verify tokens with');
    }
  }

  /** Why a token may be revoked without anybody knowing it here, or null. */
  get hindrance(): string | null {
    return this.revocations.hindrance;
  }

  /** @throws InvalidToken; LogUnavailable where it is not known yet which ones are revoked */
  verify(token: string | null | undefined): Caller {
    if (!token) throw new InvalidToken('a token is required');
    if (token.length > MAX_TOKEN_LENGTH) throw new InvalidToken('the token is too long');
    const payload = this.#payload(token);
    // jsonwebtoken checks `exp` where it is there, and does not ask for it.
    const { exp } = payload;
    if (exp === undefined) throw new InvalidToken('the token has no exp');
    if (!isTime(exp)) throw new InvalidToken("the token's exp is not a time");
    const { jti = null } = payload as { readonly jti?: unknown };
    // One that is let in can be revoked.
    if (jti !== null && !isTokenId(jti)) {
      throw new InvalidToken(`the token's jti is not a text of 1 to ${MAX_TOKEN_ID_LENGTH} characters`);
    }
    const claims = personalClaims(payload);
    const caller = {
      userId: this.#userId(payload),
      jti,
      issuedAt: isTime(payload.iat) ? Math.floor((payload.iat - this.settings.leewaySeconds) * 1_000) : null,
      scope: typeof payload['scope'] === 'string' ? payload['scope'] : null,
      expiresAt: Math.floor((exp + this.settings.leewaySeconds) * 1_000),
      claims,
      moderates: moderatesBy(payload, claims),
    };
    this.checkRevoked(caller);
    return caller;
  }

  /** Whether it was revoked since it was verified. */
  isRevoked(token: CheckedToken): boolean {
    return this.revocations.isRevoked(factsOf(token));
  }

  /** @throws InvalidToken */
  checkRevoked(token: CheckedToken): void {
    if (this.isRevoked(token)) throw new InvalidToken('the token was revoked');
  }

  #payload(token: string): JwtPayload {
    const { issuer, audience, leewaySeconds } = this.settings;
    try {
      const { header, payload } = jwt.verify(token, this.#key, {
        algorithms: this.#algorithms,
        clockTolerance: leewaySeconds,
        complete: true,
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      // RFC 7515: what is critical and not understood makes a token invalid; we understand no extensions.
      if (header.crit === undefined && typeof payload === 'object') return payload;
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) throw new InvalidToken('the token has expired');
    }
    throw new InvalidToken('the token is not valid');
  }

  #userId(payload: JwtPayload): string {
    const { userClaim } = this.settings;
    const names = userClaim === undefined ? USER_CLAIMS : [userClaim];
    const name = names.find((claim) => Object.hasOwn(payload, claim) && payload[claim] !== null);
    if (name === undefined) throw new InvalidToken(`the token has no user id (${names.join(', ')})`);
    const id = idOf(payload[name]);
    if (id === null) throw new InvalidToken(`the token's ${name} is not a user id`);
    return id;
  }
}

/** What the application does for itself is no person's: a player who happens to have its id is somebody else. */
const factsOf = (token: CheckedToken): TokenFacts => {
  const { userId, jti, issuedAt } = token;
  return { userId: isService(token) ? null : userId, jti, issuedAt };
};

/** An id as a string: 1 to 64 characters of well-formed Unicode, or a whole number; else null. */
function idOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  return isText(value, MAX_ID_LENGTH) && value !== '' ? value : null;
}

/** What is out of bounds is left out: a name that is too long is no reason to keep somebody from their chat. */
function personalClaims(payload: JwtPayload): PersonalClaims {
  const clanId = idOf(payload['clan_id']);
  const name: unknown = payload['name'];
  const avatar = avatarText(payload['avatar']);
  return {
    ...(clanId !== null && { clanId }),
    ...(isFilledText(name, MAX_NAME_LENGTH) && { name }),
    ...(avatar !== null && { avatar }),
  };
}

/** A moderator of a clan is one of the clan that the token names: whoever is moved is none of the next one by it. */
function moderatesBy(payload: JwtPayload, { clanId }: PersonalClaims): Moderates {
  if (payload['role'] !== 'moderator') return MODERATES_NOTHING;
  return { clanId: clanId ?? null, global: payload['moderates'] === 'global' };
}

/** A lone surrogate in JSON text that `JSON.stringify` made: it writes them, and only them, as such an escape. */
const LONE_SURROGATE = /(?:^|[^\\])(?:\\\\)*\\ud/;

/** The JSON text of an avatar, or null for what is none: no object, more than 2 KB, ill-formed Unicode. */
export function avatarText(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const text = JSON.stringify(value);
  return Buffer.byteLength(text) <= MAX_AVATAR_BYTES && !LONE_SURROGATE.test(text) ? text : null;
}

export interface DevelopmentToken {
  readonly userId: string | number;
  readonly seconds: number;
  readonly name?: string;
  readonly clanId?: string;
  readonly avatar?: object;
  readonly scope?: string;
  readonly role?: string;
  readonly moderates?: string;
}

/** A token for trying things out, signed with HS256. Real ones are signed by the surrounding application. */
export function signDevelopmentToken(secret: string, { userId, seconds, ...person }: DevelopmentToken): string {
  const { clanId, name, avatar, scope, role, moderates } = person;
  const claims = { player_id: userId, clan_id: clanId, name, avatar, scope, role, moderates };
  const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return jwt.sign(present, createSecretKey(Buffer.from(secret)), { algorithm: 'HS256', expiresIn: seconds });
}

/** The token of an `Authorization: Bearer` header; null where there is none. */
export const bearerToken = (header: string | undefined): string | null =>
  /^Bearer +([^ ]+) *$/i.exec(header ?? '')?.[1] ?? null;
