import { createHash } from 'node:crypto';

/** The number of partitions of the log. Written into the stream's metadata: changing it means a new stream. */
export const PARTITIONS = 16;

/** Ids come from outside and may hold any characters; longer ones are refused at the edge. */
export const MAX_ID_LENGTH = 64;

declare const brand: unique symbol;

/**
 * The name of a room, and the unit of order: `global`, `clan:<id>`, `direct:<lo>:<hi>`, or a pseudo-room: `user:<id>` of
 * what concerns one person, `partition:<n>` of what concerns all rooms of a partition. Every id in it is encoded, so
 * that a name is one token of a subject and a range over one room never returns another.
 */
export type Room = string & { readonly [brand]: 'Room' };

export type RoomKind = 'global' | 'clan' | 'direct' | 'user' | 'partition';

/** Nearly every id, so that it is looked for first. */
const AS_IT_IS = /^[A-Za-z0-9_-]+$/;

/**
 * Encodes an id reversibly into a token of `A–Z a–z 0–9 _ - =`: neither `:` nor `.`, no wildcard, no white space, and
 * valid as a key of a NATS bucket. Every other byte of its UTF-8 form becomes `=hh`.
 * @throws RangeError on the empty string and on ill-formed Unicode, which have no reversible form.
 */
export function encodeId(id: string): string {
  if (AS_IT_IS.test(id)) return id;
  if (id === '' || !id.isWellFormed()) throw new RangeError('an id must be well-formed Unicode and not empty');
  return id.replace(/[^A-Za-z0-9_-]/gu, (character) => Buffer.from(character).toString('hex').replace(/../g, '=$&'));
}

/** The id that {@link encodeId} made this token of. */
export const decodeId = (token: string): string =>
  token.replace(/(?:=[0-9a-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString());

export const GLOBAL_ROOM = 'global' as Room;

export const clanRoom = (clanId: string): Room => `clan:${encodeId(clanId)}` as Room;

export const userRoom = (userId: string): Room => `user:${encodeId(userId)}` as Room;

/** The one room of two people, whichever of them is named first. Ordered on the encoded ids. */
export function directRoom(one: string, other: string): Room {
  const a = encodeId(one);
  const b = encodeId(other);
  return (a < b ? `direct:${a}:${b}` : `direct:${b}:${a}`) as Room;
}

export function roomKind(room: Room): RoomKind {
  const colon = room.indexOf(':');
  return (colon < 0 ? room : room.slice(0, colon)) as RoomKind;
}

/** The ids a room's name is built of: none, the clan's, the person's, or those of the two people, lower one first. */
export function roomIds(room: Room): string[] {
  return room.split(':').slice(1).map(decodeId);
}

const ROOM_NAME = /^(?:global|(?:clan|user):[\w=-]+|direct:[\w=-]+:[\w=-]+|partition:\d+)$/;

/** A room's name as it stands in a subject or a document, or null where it is none. */
export const parseRoom = (name: string): Room | null => (ROOM_NAME.test(name) ? (name as Room) : null);

/** How rooms are named, in words for who asks. */
export const ROOM_NAMES =
  'global, clan:<id>, direct:<id>:<id> or user:<id>, with =hh in an id for each byte of UTF-8 that is no letter, ' +
  'digit, _ or -';

/**
 * The room that somebody means by a name, who need not know which of the two people of a direct chat comes first; null
 * where it is none.
 */
export function roomMeant(name: string): Room | null {
  const room = parseRoom(name);
  if (room === null || roomKind(room) !== 'direct') return room;
  const [one, other] = roomIds(room);
  return directRoom(one!, other!);
}

/**
 * The room that somebody writes whose ids stand there as they are, `clan:the bold`, or as the log encodes them,
 * `clan:the=20bold`; null where it is none. Of two ids with a colon between them, one that holds a colon itself has to be
 * encoded.
 */
export function roomWritten(text: string): Room | null {
  const [kind, ...written] = text.split(':');
  const ids = kind === 'direct' ? written : written.length > 0 ? [written.join(':')] : [];
  if (ids.some((id) => id === '' || !id.isWellFormed())) return null;
  return roomMeant([kind, ...ids.map((id) => (isEncoded(id) ? id : encodeId(id)))].join(':'));
}

const isEncoded = (id: string): boolean => encodeId(decodeId(id)) === id;

/** FNV-1a, 32 bits, over the characters of a room's name, which are ASCII. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** The partition of the log that holds a room. */
export const partitionOf = (room: Room): number => fnv1a32(room) % PARTITIONS;

const partitionRooms: readonly Room[] = Array.from({ length: PARTITIONS }, (_, partition) => {
  for (let n = 0; ; n++) {
    const room = `partition:${n}` as Room;
    if (partitionOf(room) === partition) return room;
  }
});

/** The pseudo-room of a partition: the first of `partition:0`, `partition:1` … that lies in it. */
export const partitionRoom = (partition: number): Room => partitionRooms[partition]!;

/**
 * The key of a command, 24 hex digits: what makes a command sent twice the same command. A message's id is its
 * command's key. Derived from the user, the room and the id that the client gave, so it names the same command for
 * ever; this derivation is log format.
 */
export function commandKey(userId: string, room: Room, clientId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([userId, room, clientId]))
    .digest('hex')
    .slice(0, 24);
}

/**
 * Keys for commands that the client gave no id: 24 hex digits each, of 8 random bytes given once and a counter.
 * Drawing random bytes for each command would cost more than all the rest of it.
 */
export function keySequence(randomBytes: Uint8Array, start = 0): () => string {
  const prefix = Buffer.from(randomBytes.subarray(0, 8)).toString('hex');
  if (prefix.length !== 16) throw new RangeError('a key sequence needs 8 random bytes');
  let next = start;
  return () => prefix + (next++ >>> 0).toString(16).padStart(8, '0');
}
