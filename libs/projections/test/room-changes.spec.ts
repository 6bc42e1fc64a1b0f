import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clanRoom, directRoom, GLOBAL_ROOM, type Room } from '#domain';
import { decodeUpdate, type MessageDocument, placeId, type RoomChange, type RoomUpdate } from '../src/index.js';
import { announce } from '../src/timeline/room-changes.js';

/** What NATS takes in one message. */
const MOST_BYTES = 1_048_576;

interface Sizes {
  readonly content: number;
  readonly avatar: number;
  readonly reactions: number;
}

/** Change `rev` of a room, of a message of such a size: of characters that take the most room when they are quoted. */
function change(room: Room, rev: number, { content, avatar, reactions }: Sizes): RoomChange {
  const message: MessageDocument = {
    ...{ _id: placeId(room, rev), seq: rev, room, n: rev, rev0: rev, rev, messageId: `${rev}` },
    ...{ sender: { id: '1', name: '\u0001'.repeat(64), avatar: avatar > 0 ? '"'.repeat(avatar) : null } },
    ...{ content: '\u0001'.repeat(content), feeling: null, at: '', sent: null },
    people: ['15:1'],
    reactions: Array.from({ length: reactions }, (_, i) => ({ userId: `${i}`, userName: 'é'.repeat(64), emoji: '👍' })),
  };
  return { room, rev, kind: 'message', message };
}

const small: Sizes = { content: 1, avatar: 0, reactions: 0 };
/** By whom it is found is not told. */
function told({ message: { people: _, ...message }, ...change }: RoomChange) {
  return { ...change, message };
}

const updates = (changes: readonly RoomChange[]) =>
  announce(changes, 7).map((text) => ({ ...text, update: decodeUpdate(text.text) as RoomUpdate }));

describe('what is announced of a round', () => {
  it('is one update for each room, in the order of the log', () => {
    const clan = clanRoom('3');
    const changes = [change(GLOBAL_ROOM, 4, small), change(clan, 9, small), change(GLOBAL_ROOM, 5, small)];
    expect(updates(changes).map(({ update }) => update)).toEqual([
      { type: 'room', version: 7, room: GLOBAL_ROOM, from: 3, to: 5, changes: [changes[0]!, changes[2]!].map(told) },
      { type: 'room', version: 7, room: clan, from: 8, to: 9, changes: [changes[1]!].map(told) },
    ]);
    expect(updates([])).toEqual([]);
  });

  it('goes to a room, and of a direct chat to both people', () => {
    const receivers = (room: Room) =>
      updates([change(room, 1, small)]).map((to) => ('room' in to ? to.room : to.userId));
    expect(receivers(clanRoom('3'))).toEqual([clanRoom('3')]);
    expect(receivers(directRoom('a:b', '1'))).toEqual(['1', 'a:b']);
  });

  it('is told together as long as it is short', () => {
    const many = Array.from({ length: 200 }, (_, i) => change(GLOBAL_ROOM, i + 1, { ...small, content: 40 }));
    expect(updates(many)).toHaveLength(1);
  });

  it('is cut into pieces that NATS takes, without a hole; what is too large for one goes out as its number', () => {
    const anySizes = fc.record({
      content: fc.oneof(fc.nat(10), fc.nat(4_000), fc.integer({ min: 30_000, max: 60_000 })),
      avatar: fc.constantFrom(0, 2_048),
      reactions: fc.oneof(fc.nat(3), fc.nat(500), fc.constant(900)),
    });
    fc.assert(
      fc.property(fc.array(anySizes, { maxLength: 40 }), (sizes) => {
        const changes = sizes.map((size, i) => change(GLOBAL_ROOM, i + 1, size));
        const pieces = updates(changes);
        for (const { text } of pieces) expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES);
        let next = 1;
        for (const { update } of pieces) {
          const { from, to } = update;
          const isNumber = update.changes.length === 0;
          expect(from).toBe(isNumber ? next : next - 1);
          expect(update.changes.map(({ rev }) => rev)).toEqual(
            isNumber ? [] : sizes.slice(from, to).map((_, i) => from + 1 + i),
          );
          expect(to).toBe(isNumber ? next : next + update.changes.length - 1);
          next = to + 1;
          if (!isNumber) continue;
          const { content, reactions } = sizes[to - 1]!;
          expect(6 * content + 300 * reactions).toBeGreaterThan(200_000);
        }
        expect(next).toBe(changes.length + 1);
      }),
      { numRuns: 60, examples: [[Array<Sizes>(300).fill({ ...small, avatar: 2_048 })]] },
    );
  });
});
