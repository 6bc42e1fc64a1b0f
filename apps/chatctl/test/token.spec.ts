import { describe, expect, it } from '@jest/globals';
import { Tokens } from '#platform';
import { token } from '../src/token.js';
import { UsageError } from '../src/usage.js';

const secret = 'a secret for the tests of 32 bytes and more';
const env = { JWT_SECRET: secret };

describe('chatctl token', () => {
  const tokens = new Tokens({ secret, leewaySeconds: 0 }, { isRevoked: () => false, hindrance: null });
  const verified = (options: object) => tokens.verify(token('7', { ttl: '1h', ...options }, env));

  it('is of somebody who moderates nothing, their clan, or the global room too', () => {
    const role = 'moderator';
    expect(verified({ clan: '3' })).toMatchObject({ userId: '7', moderates: { clanId: null, global: false } });
    expect(verified({ clan: '3', role }).moderates).toEqual({ clanId: '3', global: false });
    expect(verified({ clan: '3', role, moderates: 'global' }).moderates).toEqual({ clanId: '3', global: true });
  });

  it.each([[{ role: 'admin' }], [{ moderates: 'global' }], [{ role: 'moderator', moderates: 'all' }]])(
    'is refused for %j',
    (options) => {
      expect(() => verified(options)).toThrow(UsageError);
    },
  );
});
