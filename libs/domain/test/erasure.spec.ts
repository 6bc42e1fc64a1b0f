import { expect, it } from '@jest/globals';
import { erasedInPartitions, eraseUser, partitionOf, PARTITIONS, type UserErased, userRoom } from '../src/index.js';

const context = { key: 'ab'.repeat(12), at: '2026-01-02T03:04:05.678Z' };
const erase = (keyId: string | null, last: UserErased | null = null) =>
  eraseUser({ ...context, userId: '7', keyId }, last);
const event = (decided: ReturnType<typeof erase>) => ('event' in decided ? decided.event : undefined);

it('who is erased is so by the key of their texts, once; where there is none, each time', () => {
  const fact = { type: 'UserErased', id: `erase.${context.key}`, at: context.at, userId: '7' };
  const first = event(erase('k1'))!;
  expect(first).toEqual({ ...fact, room: userRoom('7'), keyId: 'k1' });
  expect(event(erase('k1', first))).toBeNull();
  // Whoever has the id by then is another person.
  expect(event(erase('k2', first))).toMatchObject({ keyId: 'k2' });
  const without = event(erase(null))!;
  expect(event(erase(null, without))).toMatchObject({ keyId: null });
});

it('the same follows in each partition', () => {
  const fence = event(erase('k1'))!;
  const all = erasedInPartitions(fence);
  expect(all.map(({ room }) => partitionOf(room))).toEqual(Array.from({ length: PARTITIONS }, (_, i) => i));
  for (const one of all) expect(one).toEqual({ ...fence, room: expect.stringMatching(/^partition:\d+$/) });
});
