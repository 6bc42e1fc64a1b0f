import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MONGODB_URL, SystemUnderTest } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl revoke', () => {
  let system: SystemUnderTest;
  beforeAll(async () => {
    system = await SystemUnderTest.create();
    const { revocations } = system.log;
    revocations.follow();
    while (revocations.hindrance !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  });
  afterAll(() => system.close());

  const isRevoked = async (userId: string | null, jti: string | null): Promise<boolean> => {
    for (let tries = 0; tries < 100; tries++) {
      if (system.log.revocations.isRevoked({ userId, jti, issuedAt: 0 })) return true;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return false;
  };

  it('revokes the tokens of a person, or one token', async () => {
    expect(await system.chatctl('revoke', '--user', '7')).toMatchObject({
      status: 0,
      out: 'the tokens of "7" that were issued up to now are revoked\n',
    });
    expect(await isRevoked('7', null)).toBe(true);
    expect(await system.chatctl('revoke', '--jti', 'a/b')).toMatchObject({
      status: 0,
      out: 'the token "a/b" is revoked\n',
    });
    expect(await isRevoked(null, 'a/b')).toBe(true);
    const inAnHour = String(Math.floor(Date.now() / 1_000) + 3_600);
    expect((await system.chatctl('revoke', '--jti', 'c', '--exp', inAnHour)).status).toBe(0);
    expect((await system.chatctl('revoke', '--jti', 'd', '--exp', '0')).status).toBe(0);
    expect([await isRevoked(null, 'c'), await isRevoked(null, 'd')]).toEqual([true, false]);
  });

  it.each([
    [[], '--user ID or --jti JTI'],
    [['--user', '7', '--jti', 'a'], '--user ID or --jti JTI'],
    [['--user', ''], '--user must have 1 to 64 characters'],
    [['--user', 'x'.repeat(65)], '--user must have 1 to 64 characters'],
    [['--jti', 'x'.repeat(129)], '--jti must have 1 to 128 characters'],
    [['--user', '7', '--exp', '1'], 'give it with --jti'],
    [['--jti', 'a', '--exp', 'soon'], '--exp must be the exp of the token'],
    [['--jti', 'a', '--exp', '9000000000000'], '--exp must be the exp of the token'],
  ])('refuses %j', async (words, complaint) => {
    const { status, complaints } = await system.chatctl('revoke', ...words);
    expect([status, complaints]).toEqual([2, expect.stringContaining(complaint)]);
  });
});
