import type { Room } from '#domain';
import type { MessageDocument } from './documents.js';

// What a projector tells the gateways, over core NATS, once it is in the read model.

/** One change of a room: the whole message as that change left it. */
export interface Change {
  readonly rev: number;
  readonly kind: 'message' | 'reaction';
  readonly message: MessageDocument;
}

/**
 * The changes of one room after `from` up to and including `to`, in order and without holes, in the numbers of one
 * version of the timeline: who follows another version does not mind it.
 */
export interface RoomUpdate {
  readonly type: 'room';
  readonly version: number;
  readonly room: Room;
  readonly from: number;
  readonly to: number;
  readonly changes: readonly Change[];
}

/**
 * What the log says of a person, each with the sequence of its event; null where this update says nothing of it. Told
 * by whoever wrote the event as soon as it is in the log, and once more by the projector.
 */
export interface PersonUpdate {
  readonly type: 'person';
  readonly userId: string;
  readonly member: { readonly seq: number; readonly clanId: string | null } | null;
  readonly profile: { readonly seq: number; readonly name: string; readonly avatar: string | null } | null;
}

export type LiveUpdate = RoomUpdate | PersonUpdate;

export const encodeUpdate = (update: LiveUpdate): string => JSON.stringify(update);

export const decodeUpdate = (text: string): LiveUpdate => JSON.parse(text) as LiveUpdate;
