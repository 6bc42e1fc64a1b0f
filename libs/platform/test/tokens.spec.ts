import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import jwt, { type Algorithm } from 'jsonwebtoken';
import { type TokenSettings } from '#settings';
import type { TokenFacts } from '#event-store';
import { InvalidToken, signDevelopmentToken, Tokens } from '../src/tokens.js';

const secret = 'a secret of thirty-two bytes, 32';
/** What is asked of each token, and whether it is said to be revoked. */
const asked: TokenFacts[] = [];
let isRevoked = false;
const revocations = {
  hindrance: null,
  isRevoked: ({ userId, jti, issuedAt }: TokenFacts) => {
    asked.push({ userId, jti, issuedAt });
    return isRevoked;
  },
};
const tokens = (more: Partial<TokenSettings> = {}): Tokens =>
  new Tokens({ secret, leewaySeconds: 0, ...more }, revocations);
const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const withKey = (key: KeyObject): Tokens => new Tokens({ publicKey: pem(key), leewaySeconds: 0 }, revocations);

const sign = (payload: object, algorithm: Algorithm = 'HS256', key: string | KeyObject = secret): string =>
  jwt.sign({ exp: inAnHour(), ...payload }, key, { algorithm });

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token put together by hand, as an attacker would. */
function forged(header: object, payload: object | string, key: string | Buffer): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const body = `${base64url(header)}.${Buffer.from(text).toString('base64url')}`;
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

const refused = (verifier: Tokens, token: string | null): void => {
  expect(() => verifier.verify(token)).toThrow(InvalidToken);
};

describe('a token', () => {
  it('says who the caller is', () => {
    const exp = inAnHour();
    const caller = tokens().verify(
      sign({
        exp,
        iat: 1_700_000_000,
        jti: 'j',
        player_id: 'p1',
        clan_id: 'c1',
        name: 'Ada',
        avatar: { head: 3 },
        scope: 'service',
      }),
    );
    expect(caller).toEqual({
      userId: 'p1',
      scope: 'service',
      expiresAt: exp * 1000,
      jti: 'j',
      issuedAt: 1_700_000_000_000,
      claims: { clanId: 'c1', name: 'Ada', avatar: '{"head":3}' },
      moderates: { clanId: null, global: false },
    });
    expect(tokens().verify(sign({ sub: 'p2' }))).toMatchObject({ userId: 'p2', scope: null, claims: {} });
  });

  it('says whether they moderate: the clan that it is for, and the global room where it says so', () => {
    const moderates = (claims: object) => tokens().verify(sign({ sub: 'p', ...claims })).moderates;
    const role = 'moderator';
    expect(moderates({ role, clan_id: 3 })).toEqual({ clanId: '3', global: false });
    expect(moderates({ role, clan_id: 'c1', moderates: 'global' })).toEqual({ clanId: 'c1', global: true });
    expect(moderates({ role, moderates: 'global' })).toEqual({ clanId: null, global: true });
    expect(moderates({ role, moderates: 'everything' })).toEqual({ clanId: null, global: false });
    for (const none of [undefined, null, 'Moderator', 'admin', ['moderator'], true]) {
      const token = { role: none, clan_id: 'c1', moderates: 'global' };
      expect(moderates(token)).toEqual({ clanId: null, global: false });
    }
  });

  it('names its user by the first present claim, or by the configured one', () => {
    const verify = (payload: object, userClaim?: string): string =>
      tokens(userClaim === undefined ? {} : { userClaim }).verify(sign(payload)).userId;
    expect(verify({ sub: 's', user_id: 'u', player_id: 'p' })).toBe('p');
    expect(verify({ sub: 's', user_id: 'u', player_id: null })).toBe('u');
    expect(verify({ sub: 's', player_id: 'p', profile_id: 'f' }, 'profile_id')).toBe('f');
    refused(tokens({ userClaim: 'profile_id' }), sign({ sub: 's' }));
    refused(tokens({ userClaim: 'constructor' }), sign({ sub: 's' }));
    refused(tokens(), sign({ name: 'nobody' }));
  });

  it('takes a number for its decimal string', () => {
    expect(tokens().verify(sign({ user_id: 7, clan_id: 3 }))).toMatchObject({ userId: '7', claims: { clanId: '3' } });
    for (const id of [1.5, 2 ** 53, 1e21]) refused(tokens(), sign({ user_id: id }));
  });

  it('has an id of 1 to 64 characters', () => {
    expect(tokens().verify(sign({ user_id: '🦊'.repeat(64) })).userId).toBe('🦊'.repeat(64));
    for (const id of ['', 'x'.repeat(65), '\ud800', true, ['7'], { id: 7 }]) refused(tokens(), sign({ user_id: id }));
    refused(tokens(), sign({ player_id: 'x'.repeat(65), sub: 'fallback' }));
  });

  it('is taken without what it says amiss of the person', () => {
    const { claims } = tokens().verify(
      sign({ sub: 'p', clan_id: 'x'.repeat(65), name: 'n'.repeat(65), avatar: { x: 'y'.repeat(2048) } }),
    );
    expect(claims).toEqual({});
    expect(tokens().verify(sign({ sub: 'p', clan_id: '', name: '  ', avatar: [1] })).claims).toEqual({});
    expect(tokens().verify(sign({ sub: 'p', avatar: { x: '\udc00' } })).claims).toEqual({});
    const odd = { x: '\\udc00 🦊', __proto__: null };
    expect(tokens().verify(sign({ sub: 'p', avatar: odd })).claims.avatar).toBe(JSON.stringify(odd));
    expect(tokens().verify(sign({ sub: 'p', clan_id: null, name: 5, avatar: '{}' })).claims).toEqual({});
  });

  it('is refused where it is missing, ill-formed, too long, or signed by another key', () => {
    for (const token of [null, '', 'x', 'a.b.c', sign({ sub: 'p' }) + 'x', sign({ sub: 'p', x: 'x'.repeat(9000) })]) {
      refused(tokens(), token);
    }
    refused(tokens(), sign({ sub: 'p' }, 'HS256', 'another secret of thirty-two byte'));
    refused(tokens(), jwt.sign('text', secret));
  });

  it('is refused without exp, and once it has expired', () => {
    refused(tokens(), jwt.sign({ sub: 'p' }, secret));
    const now = Math.floor(Date.now() / 1000);
    refused(tokens(), sign({ sub: 'p', exp: now - 1 }));
    expect(() => tokens().verify(sign({ sub: 'p', exp: now - 1 }))).toThrow('expired');
    refused(tokens(), sign({ sub: 'p', nbf: now + 30 }));
    const lenient = tokens({ leewaySeconds: 60 });
    expect(lenient.verify(sign({ sub: 'p', exp: now - 30 })).expiresAt).toBe((now + 30) * 1000);
    refused(lenient, sign({ sub: 'p', exp: now - 61 }));
    refused(tokens(), forged({ alg: 'HS256' }, { sub: 'p', exp: 'tomorrow' }, secret));
  });

  it('ends at a time that there is', () => {
    const withExp = (exp: string): string => forged({ alg: 'HS256' }, `{"sub":"p","exp":${exp}}`, secret);
    // JSON.parse makes Infinity of what is too large.
    for (const exp of [
      '1e400',
      '-1e400',
      '1e300',
      '8640000000001',
      '-1',
      '0',
      '-0.5',
      'null',
      'true',
      '"1e10"',
      '[9e9]',
    ]) {
      refused(tokens(), withExp(exp));
      refused(tokens({ leewaySeconds: 60 }), withExp(exp));
    }
    expect(tokens().verify(withExp('8640000000000')).expiresAt).toBe(8.64e15);
    // RFC 7519 allows fractions of a second.
    const exp = inAnHour();
    expect(tokens().verify(withExp(`${exp}.7501`)).expiresAt).toBe(exp * 1000 + 750);
  });

  it('says when it was issued, at the earliest, where it does', () => {
    const at = (iat: string, leewaySeconds = 0): number | null => {
      const text = `{"sub":"p","exp":${inAnHour()},"iat":${iat}}`;
      return tokens({ leewaySeconds }).verify(forged({ alg: 'HS256' }, text, secret)).issuedAt;
    };
    expect(['1700000000', '1700000000.25', '0'].map((iat) => at(iat))).toEqual([1.7e12, 1.7e12 + 250, 0]);
    expect(at('1700000000', 5)).toBe(1.7e12 - 5_000);
    for (const none of ['null', '"1700000000"', 'true', '-1', '1e400', '[1]']) expect(at(none)).toBeNull();
    expect(tokens().verify(sign({ sub: 'p' })).issuedAt).toBeGreaterThan(Date.now() - 60_000);
  });

  it('has an id of its own of 1 to 128 characters, or none', () => {
    const ids = ['j', '🦊'.repeat(128), null, undefined];
    expect(ids.map((jti) => tokens().verify(sign({ sub: 'p', jti })).jti)).toEqual(['j', '🦊'.repeat(128), null, null]);
    for (const jti of ['', 'x'.repeat(129), '\ud800']) refused(tokens(), sign({ sub: 'p', jti }));
    for (const jti of [7, true, ['j'], {}]) {
      refused(tokens(), forged({ alg: 'HS256' }, { sub: 'p', exp: inAnHour(), jti }, secret));
    }
  });

  it('is refused where it was revoked, by what is known of it', () => {
    asked.length = 0;
    const token = sign({ sub: 'p', jti: 'j', iat: 1_700_000_000 });
    const caller = tokens().verify(token);
    isRevoked = true;
    expect(() => tokens().verify(token)).toThrow(new InvalidToken('the token was revoked'));
    expect(tokens().isRevoked(caller)).toBe(true);
    isRevoked = false;
    expect(asked).toEqual(Array(3).fill({ userId: 'p', jti: 'j', issuedAt: 1.7e12 }));
  });

  it('of the application is no person, whatever id it has, and can be revoked by its own', () => {
    asked.length = 0;
    tokens().verify(sign({ sub: 'p', jti: 'j', iat: 1_700_000_000, scope: 'service' }));
    expect(asked).toEqual([{ userId: null, jti: 'j', issuedAt: 1.7e12 }]);
  });

  it('has the issuer and the audience that are configured', () => {
    const strict = tokens({ issuer: 'game', audience: 'chat' });
    expect(strict.verify(sign({ sub: 'p', iss: 'game', aud: ['web', 'chat'] })).userId).toBe('p');
    refused(strict, sign({ sub: 'p', iss: 'game' }));
    refused(strict, sign({ sub: 'p', iss: 'other', aud: 'chat' }));
  });

  it('cannot choose how it is verified', () => {
    const payload = { sub: 'p', exp: inAnHour() };
    for (const alg of ['none', 'None', 'NONE']) {
      refused(tokens(), `${base64url({ alg })}.${base64url(payload)}.`);
      refused(withKey(rsa.publicKey), `${base64url({ alg })}.${base64url(payload)}.`);
    }
    // A public key is known to everybody: as the secret of an HMAC it would let anybody in.
    for (const { publicKey } of [rsa, ec]) {
      refused(withKey(publicKey), forged({ alg: 'HS256', typ: 'JWT' }, payload, pem(publicKey)));
      refused(withKey(publicKey), forged({ alg: 'HS256' }, payload, publicKey.export({ type: 'spki', format: 'der' })));
    }
    for (const alg of ['HS384', 'HS512'] as const) refused(tokens(), sign(payload, alg));
    refused(withKey(rsa.publicKey), sign(payload, 'RS512', rsa.privateKey));
    refused(withKey(rsa.publicKey), sign(payload, 'ES256', ec.privateKey));
    refused(tokens(), forged({ alg: 'HS256', crit: ['exp'] }, payload, secret));
  });

  it('may be signed with RS256, PS256 or ES256 where there is a public key', () => {
    expect(withKey(rsa.publicKey).verify(sign({ sub: 'p' }, 'RS256', rsa.privateKey)).userId).toBe('p');
    expect(withKey(rsa.publicKey).verify(sign({ sub: 'p' }, 'PS256', rsa.privateKey)).userId).toBe('p');
    expect(withKey(ec.publicKey).verify(sign({ sub: 'p' }, 'ES256', ec.privateKey)).userId).toBe('p');
  });

  it('is not told in what is said of it', () => {
    const token = sign({ sub: 'p' }, 'HS256', 'another secret of thirty-two byte');
    try {
      tokens().verify(token);
    } catch (error) {
      expect(String(error)).not.toContain(token.slice(0, 10));
    }
    expect.assertions(1);
  });

  it('for development is one like any other', () => {
    const token = signDevelopmentToken(secret, { userId: 7, name: 'Ada', clanId: '3', seconds: 60, scope: 'service' });
    const caller = tokens().verify(token);
    expect(caller).toMatchObject({ userId: '7', scope: 'service', claims: { name: 'Ada', clanId: '3' } });
    expect(caller.expiresAt - Date.now()).toBeGreaterThan(50_000);
    expect(() => new Tokens({ leewaySeconds: 0 }, revocations)).toThrow(TypeError);
  });
});
