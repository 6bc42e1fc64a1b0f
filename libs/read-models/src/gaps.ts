import type { Room } from '#domain';
import type { CollectionDefinition } from './store.js';

/** Beside the collections of every projection: the events that its documents lack, by room. */
export const gapCollection = { name: 'gaps' } as const satisfies CollectionDefinition;

export const gapId = (room: Room, seq: number): string => `${room}:${String(seq).padStart(16, '0')}`;
