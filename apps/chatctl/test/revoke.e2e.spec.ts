import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MONGODB_URL, SystemUnderTest, until } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl revoke', () => {
  let system: SystemUnderTest;
  beforeAll(async () => {
    system = await SystemUnderTest.create();
    const { revocations } = system.log;
    revocations.follow();
    while (revocations.hindrance !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  });
  afterAll(() => system.close());

  const isRevoked = (userId: string | null, jti: string | null): boolean =>
    system.log.revocations.isRevoked({ userId, jti, issuedAt: 0 });
  const untilRevoked = (userId: string | null, jti: string | null) =>
    until('it is heard', () => isRevoked(userId, jti));

  it('revokes the tokens of a person, or one token', async () => {
    expect(await system.chatctl('revoke', '--user', '7')).toMatchObject({
      status: 0,
      out: 'the tokens of "7" that were issued up to now are revoked\n',
    });
    await untilRevoked('7', null);
    expect(await system.chatctl('revoke', '--jti', 'a/b')).toMatchObject({
      status: 0,
      out: 'the token "a/b" is revoked\n',
    });
    await untilRevoked(null, 'a/b');
    const inAnHour = String(Math.floor(Date.now() / 1_000) + 3_600);
    expect((await system.chatctl('revoke', '--jti', 'd', '--exp', '0')).status).toBe(0);
    expect((await system.chatctl('revoke', '--jti', 'c', '--exp', inAnHour)).status).toBe(0);
    // In the order in which they were revoked.
    await untilRevoked(null, 'c');
    expect(isRevoked(null, 'd')).toBe(false);
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
