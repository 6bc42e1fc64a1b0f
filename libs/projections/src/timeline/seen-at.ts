import { encodeId, type Room } from '#domain';
import { type DocumentStore, endOf } from '#read-models';
import { type SeenDocument, seenId } from './documents.js';

/**
 * When a person saw each of these messages of a direct chat: the time of their first mark at or above its number, or
 * null where there is none yet.
 */
export async function seenAt(
  store: DocumentStore,
  room: Room,
  userId: string,
  messages: readonly { readonly n: number }[],
): Promise<(n: number) => string | null> {
  if (messages.length === 0) return () => null;
  const numbers = messages.map(({ n }) => n);
  const lowest = Math.min(...numbers);
  const highest = Math.max(...numbers);
  const scope = { to: endOf(`${room}:${encodeId(userId)}`) };
  // The marks among the messages, and the first one at or above the last of them.
  const [marks, beyond] = await Promise.all([
    store.range<SeenDocument>('seen', {
      from: seenId(room, userId, lowest),
      to: seenId(room, userId, highest),
      limit: Math.max(highest - lowest, 1),
    }),
    store.range<SeenDocument>('seen', { ...scope, from: seenId(room, userId, highest), limit: 1 }),
  ]);
  const all = [...marks, ...beyond];
  return (n) => all[firstAtOrAbove(all, n)]?.at ?? null;
}

/** The place of the first mark at or above `n`, of marks in the order of their numbers. */
function firstAtOrAbove(marks: readonly SeenDocument[], n: number): number {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle]!.n < n) low = middle + 1;
    else high = middle;
  }
  return low;
}
