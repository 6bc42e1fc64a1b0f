import { describe, expect, it } from '@jest/globals';
import { claimsOf, renewIn, userIdOf } from '../src/token.js';

const token = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

describe('a token', () => {
  it('is read without its signature, whatever is in it', () => {
    expect(claimsOf(token({ name: 'Ädå 👋?>', sub: '7' }))).toEqual({ name: 'Ädå 👋?>', sub: '7' });
    for (const none of ['', 'a.b', 'a..b', 'nonsense']) expect(claimsOf(none)).toEqual({});
  });

  it('is of the first of the claims that the server looks at', () => {
    expect(userIdOf(token({ sub: 's', user_id: 8, player_id: 7 }))).toBe('7');
    expect(userIdOf(token({ sub: 's', user_id: 'u' }))).toBe('u');
    expect(userIdOf(token({ sub: 's' }))).toBe('s');
    expect(userIdOf(token({ sub: {} }))).toBeNull();
  });

  it.each([
    ['an hour', 3_600, 3_600 - 60],
    ['five minutes', 300, 300 - 30],
    ['ten seconds', 10, 5],
    ['three seconds', 3, 0],
  ])('of %s is renewed before it ends', (_, life, seconds) => {
    expect(renewIn(token({ iat: 1_000, exp: 1_000 + life }), 1_000_000)).toBe(seconds * 1_000);
  });

  it('that does not say when it ends is not renewed, and one that does not say since when by what is left', () => {
    expect(renewIn(token({}), 0)).toBe(Infinity);
    expect(renewIn(token({ exp: 100 }), 0)).toBe(90_000);
  });
});
