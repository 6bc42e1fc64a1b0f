import { expect, it } from '@jest/globals';
import { SubscriptionImpl } from '@nats-io/nats-core/internal';
import { NEVER_AWAITED } from '../src/live.js';

it('a subscription of the client has all that it shares with others, and nothing more to wait with', () => {
  const protocol = { options: {} } as never;
  const subscription = new SubscriptionImpl(protocol, 'any', { callback: () => undefined });
  const awaited = Object.entries(subscription).filter(([, value]) => value instanceof Promise);
  expect(Object.keys(NEVER_AWAITED).sort()).toEqual(awaited.map(([name]) => name).sort());
});
