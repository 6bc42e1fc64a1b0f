import { beforeEach, describe, expect, it } from '@jest/globals';
import { RevokedTokens, type TokenFacts } from '../src/revoked-tokens.js';

let now: number;
let revoked: RevokedTokens;
beforeEach(() => {
  now = 1_000_000;
  revoked = new RevokedTokens(() => now);
});

const has = (facts: Partial<TokenFacts>): boolean => revoked.has({ userId: '7', jti: null, issuedAt: null, ...facts });

describe('tokens that are revoked', () => {
  it('are none at first', () => {
    expect([has({}), has({ jti: 'a', issuedAt: 0 }), has({ userId: null })]).toEqual([false, false, false]);
  });

  it('of a person are those that were issued by then, and those that do not say when', () => {
    revoked.addPerson('7', { at: 500_000, until: 2_000_000 });
    expect([499_999, 500_000, 500_001].map((issuedAt) => has({ issuedAt }))).toEqual([true, true, false]);
    expect(has({ issuedAt: null })).toBe(true);
    expect([has({ userId: '8' }), has({ userId: null })]).toEqual([false, false]);
  });

  it('by their own id are those alone, whenever issued', () => {
    revoked.addToken('a', { at: 500_000, until: 2_000_000 });
    expect([has({ jti: 'a', issuedAt: 900_000 }), has({ jti: 'a', userId: null })]).toEqual([true, true]);
    expect([has({ jti: 'b' }), has({ jti: '7' }), has({ userId: 'a' })]).toEqual([false, false, false]);
  });

  it('are so until their time is over, and take no room after it', () => {
    revoked.addPerson('7', { at: 500_000, until: 2_000_000 });
    revoked.addToken('a', { at: 500_000, until: 3_000_000 });
    now = 1_999_999;
    revoked.sweep();
    expect([has({}), has({ userId: '8', jti: 'a' }), revoked.size]).toEqual([true, true, 2]);
    now = 2_000_000;
    expect([has({}), has({ userId: '8', jti: 'a' })]).toEqual([false, true]);
    revoked.sweep();
    expect(revoked.size).toBe(1);
    now = 3_000_000;
    expect(has({ userId: '8', jti: 'a' })).toBe(false);
    revoked.sweep();
    expect(revoked.size).toBe(0);
  });

  it('take no room where their time is over already', () => {
    revoked.addPerson('7', { at: 0, until: now });
    revoked.addToken('a', { at: 0, until: now - 1 });
    expect(revoked.size).toBe(0);
  });

  it('are never fewer for another revocation of the same, in whatever order they come', () => {
    const earlier = { at: 500_000, until: 3_000_000 };
    const later = { at: 600_000, until: 2_000_000 };
    for (const [userId, order] of [
      ['7', [earlier, later]],
      ['8', [later, earlier]],
    ] as const) {
      for (const revocation of order) revoked.addPerson(userId, revocation);
      for (const revocation of order) revoked.addToken(userId, revocation);
    }
    expect(revoked.size).toBe(4);
    for (const userId of ['7', '8']) {
      expect([has({ userId, issuedAt: 600_000 }), has({ userId, issuedAt: 600_001 })]).toEqual([true, false]);
    }
    now = 2_999_999;
    for (const id of ['7', '8']) expect([has({ userId: id }), has({ userId: 'x', jti: id })]).toEqual([true, true]);
  });
});
