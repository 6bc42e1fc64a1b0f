import {
  authorOf,
  clanRoom,
  directRoom,
  type DomainEvent,
  encodeEvent,
  GLOBAL_ROOM,
  kindOf,
  partitionOf,
  partitionRoom,
  personOfStored,
  type Room,
  roomIds,
  roomKind,
} from '#domain';
import type { LogRecord } from '#event-store';

const shared = partitionOf(GLOBAL_ROOM);
const numbers = Array.from({ length: 200 }, (_, i) => String(i));
const CLAN = numbers.map(clanRoom).find((room) => partitionOf(room) === shared)!;
const DIRECT = numbers.map((n) => directRoom('a', `b${n}`)).find((room) => partitionOf(room) === shared + 1)!;

/** Two rooms in one partition, and one in another. */
export const rooms: readonly Room[] = [GLOBAL_ROOM, CLAN, DIRECT];
export const usedPartitions: ReadonlySet<number> = new Set(rooms.map(partitionOf));

const AT = '2026-01-02T03:04:05.678Z';
const EMOJIS = ['+1', '-1', 'heart'];
const key = (n: number): string => n.toString(16).padStart(24, '0');

/** The numbers that say that u0 spoke in each of the two rooms of a partition, and is erased in it. */
export const SAID_BEFORE = [0, 16] as const;
export const ERASURE = 14;

/** A log of what numbers say: each is one record. */
export function recordsOf(codes: readonly number[]): LogRecord[] {
  const events: DomainEvent[] = [];
  return codes.map((code, i) => {
    const choices = { type: code % 16, room: (code >> 4) % 4, target: code >> 6 };
    const event = eventOf(events, i, choices);
    events.push(event);
    const record = recordOf(event, i + 1, choices.type === 15);
    return wasErased(events, event) && choices.target % 4 === 0 ? erasedIn(record) : record;
  });
}

/** Whose it is was erased before it: it is another person's of the same id, or was sealed with the key of the one before. */
const wasErased = (earlier: readonly DomainEvent[], event: DomainEvent): boolean =>
  earlier.some(
    (other) =>
      other.type === 'UserErased' &&
      partitionOf(other.room) === partitionOf(event.room) &&
      other.userId === authorOf(event),
  );

/** The record as it is read once the person whose texts are in it is erased, whether their key is there or not. */
export const erasedIn = (record: LogRecord): LogRecord => ({ ...record, erased: true });

/** Whether whose texts are in a record are erased later in the log, as far as it goes: then it may be read either way. */
export function isErasedLater(record: LogRecord, log: readonly LogRecord[]): boolean {
  const later = erasedLater(log, record);
  if (later.size === 0) return false;
  const userId = personOfStored({ ...record, room: record.room! });
  return userId !== null && later.has(userId);
}

/** Who is erased behind this place of the log, in its partition. */
export function erasedLater(
  log: readonly LogRecord[],
  { partition, seq }: Pick<LogRecord, 'partition' | 'seq'>,
): ReadonlySet<string> {
  let later = NOBODY;
  for (let i = log.length - 1; i >= 0 && log[i]!.seq > seq; i--) {
    const other = log[i]!;
    if (other.type !== 'UserErased' || other.partition !== partition || other.body === '{') continue;
    later = new Set([...later, (JSON.parse(other.body) as { userId: string }).userId]);
  }
  return later;
}

const NOBODY: ReadonlySet<string> = new Set();

interface EventChoices {
  readonly type: number;
  readonly room: number;
  readonly target: number;
}

function eventOf(earlier: readonly DomainEvent[], i: number, { type, room: place, target }: EventChoices): DomainEvent {
  // Half of all is in one room, so that something happens there.
  const room = rooms[place % 3]!;
  const direct = roomKind(room) === 'direct';
  const users = direct ? (roomIds(room) as [string, string]) : null;
  const userId = users ? users[target % 2]! : `u${target % 3}`;
  const fact = { room, at: AT };
  if (type === 14 && target % 3 === 0) {
    const erased = { at: AT, id: `erase.${key(i)}`, userId, keyId: null };
    return { type: 'UserErased', room: partitionRoom(partitionOf(room)), ...erased };
  }
  if (users && type === 14) {
    const blockers = users.filter((_, side) => (target >> side) % 2 > 0);
    return { ...fact, type: 'PersonBlocked', id: `block.${key(i)}`, by: userId, blockers };
  }
  if (users && type < 12 && target % 8 > 0 && !earlier.some((event) => event.type === 'ChatCreated')) {
    return { ...fact, type: 'ChatCreated', id: `chat.${key(i)}`, by: users[0], users };
  }
  if (type >= 5 && type < 8) {
    const sent = earlier.filter((event) => event.type === 'MessageCreated' && event.clientId !== undefined);
    const again = sent[target % Math.max(sent.length, 1)];
    if (again) return again;
  }
  if (users && type >= 8 && type < 11) {
    return { ...fact, type: 'MessagesSeen', id: `seen.${key(i)}`, userId, n: 1 + (target % 8) };
  }
  if (type >= 8 && type < 14) {
    // Of few records, so that they meet; also of one that comes later or is no message.
    const messageId = key(4 * Math.floor(Math.max(0, i + 2 - (target % 8)) / 4));
    if (type === 12) {
      const change = { ...fact, id: `edit.${key(i)}`, messageId, userId };
      if (target % 3 === 0) return { ...change, type: 'MessageDeleted', senderId: change.userId };
      return { ...change, type: 'MessageEdited', content: `another ${i}` };
    }
    const reaction = { ...fact, id: `react.${key(i)}`, messageId, userId };
    if (type === 13) return { ...reaction, type: 'ReactionRemoved' };
    return { ...reaction, type: 'ReactionAdded', userName: userId, emoji: EMOJIS[target % 3]! };
  }
  return {
    ...fact,
    type: 'MessageCreated',
    id: `msg.${key(i)}`,
    messageId: key(i),
    sender: { id: userId, name: userId, avatar: null },
    content: `message ${i}`,
    ...(type % 2 === 1 && { clientId: `c${i}` }),
    // Of few records too, so that there are replies to replies; also to one that comes later, or in another room.
    ...(target % 4 === 1 && { replyTo: key(4 * Math.floor(Math.max(0, i + 2 - (target % 8)) / 4)) }),
  };
}

export function recordOf(event: DomainEvent, seq: number, unreadable = false): LogRecord {
  const { type, version, room, body } = encodeEvent(event);
  return {
    seq,
    partition: partitionOf(room),
    room,
    kind: kindOf(event.type),
    id: event.id,
    type,
    version,
    body: unreadable ? '{' : body,
    at: 0,
  };
}
