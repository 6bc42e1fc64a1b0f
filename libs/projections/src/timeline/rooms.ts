import type { Room } from '#domain';
import { type DocumentStore, endOf } from '#read-models';
import type { MessageDocument } from './documents.js';

/** Names of rooms are ASCII, and no character of theirs is above it. */
const BEHIND_ALL = '~';

/** Rooms in which something was said, in the order of their names, behind one: a question for each. */
export async function roomsAfter(store: DocumentStore, after: string, limit: number): Promise<Room[]> {
  const rooms: Room[] = [];
  let from = after === '' ? '' : endOf(after);
  while (rooms.length < limit) {
    const range = { from, to: BEHIND_ALL, limit: 1, fields: ['room'] };
    const [first] = await store.range<MessageDocument>('messages', range);
    if (!first) break;
    rooms.push(first.room);
    from = endOf(first.room);
  }
  return rooms;
}
