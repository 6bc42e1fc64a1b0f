import type { Room } from '#domain';
import type { CollectionDefinition, Document } from './store.js';

/**
 * Says that a room's documents lack an event, which could not be folded: `_id` is `<room>:<seq>`. Every projection has
 * them, beside its own documents.
 */
export interface GapDocument extends Document {
  readonly room: Room;
}

/** Beside the collections of every projection: the events that its documents lack, by room. */
export const gapCollection = { name: 'gaps' } as const satisfies CollectionDefinition;

export const gapId = (room: Room, seq: number): string => `${room}:${String(seq).padStart(16, '0')}`;
