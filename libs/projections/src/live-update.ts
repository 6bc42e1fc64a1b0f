import type { Room, SanctionsState } from '#domain';
import type { MessageDocument } from './timeline/documents.js';

// What a projector tells the gateways, over core NATS, once it is in the read model.

/** One change of a room: the whole message as that change left it. */
export interface Change {
  readonly rev: number;
  readonly kind: 'message' | 'reaction' | 'edit';
  readonly message: ToldMessage;
  /** Names the step of a trace that tells of it; not there where that is not traced. */
  readonly traceparent?: string;
}

/** A message as it is told and shown. */
export type ToldMessage = Omit<MessageDocument, 'people'>;

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
  /** Not there in the words of a release that knows of none. */
  readonly sanctions?: { readonly seq: number; readonly held: SanctionsState } | null;
}

export type LiveUpdate = RoomUpdate | PersonUpdate;

export const encodeUpdate = (update: LiveUpdate): string => JSON.stringify(update);

/** What was told is none of what a {@link LiveUpdate} may be: whoever hears it has to look up what is meant. */
export class UnreadableUpdate extends Error {
  override readonly name = 'UnreadableUpdate';
}

/**
 * Reads an update; of a change no more than what it needs to be put in its place and told in its time.
 * @returns null for a type that this release does not know: it is for others
 * @throws UnreadableUpdate
 */
export function decodeUpdate(text: string): LiveUpdate | null {
  const update = parsed(text);
  if (typeof update !== 'object' || update === null) throw new UnreadableUpdate('an update that is no JSON object');
  const { type } = update as Partial<LiveUpdate>;
  if (type !== 'room' && type !== 'person') return null;
  if (type === 'room' && isRoomUpdate(update)) return update;
  if (type === 'person' && isPersonUpdate(update)) return update;
  throw new UnreadableUpdate(`an update of type ${type} with other fields than it has here`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRoomUpdate(update: object): update is RoomUpdate {
  const { version, room, from, to, changes } = update as Partial<RoomUpdate>;
  return [version, from, to].every(Number.isInteger) && typeof room === 'string' && isChanges(changes);
}

const isChanges = (changes: unknown): boolean => Array.isArray(changes) && changes.every(isChange);

function isChange(change: Partial<Change> | null): boolean {
  const { n, messageId, reactions } = change?.message ?? {};
  return [change?.rev, n].every(Number.isInteger) && typeof messageId === 'string' && Array.isArray(reactions);
}

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

function isPersonUpdate(update: object): update is PersonUpdate {
  const { userId, member, profile, sanctions } = update as Partial<PersonUpdate>;
  const isMember = member === null || (Number.isInteger(member?.seq) && isTextOrNull(member?.clanId));
  const isProfile =
    profile === null ||
    (Number.isInteger(profile?.seq) && typeof profile?.name === 'string' && isTextOrNull(profile.avatar));
  const isSanctions = sanctions == null || (Number.isInteger(sanctions.seq) && Array.isArray(sanctions.held));
  return typeof userId === 'string' && isMember && isProfile && isSanctions;
}
