import { commandKey, partitionOf, type Room, roomIds, roomKind } from '#domain';
import type { Evidence, LoggedEvent, Place, Shown } from '../evidence.js';
import { allCommands } from './finding.js';

// What the log says of each room, read once more in the plainest way: none of the code that is looked into is used.

/** A message as the log has it in the end. */
export interface LoggedMessage extends Place {
  readonly senderId: string;
  text: string;
  isDeleted: boolean;
  /** Who is not shown what it says: they blocked its sender when it was said, or edited. */
  hiddenFrom: string | null;
  /** Whether it was hidden when it was said, and so is none of what is unread. */
  readonly isUncounted: boolean;
  /** Whether what its sender was called then is nobody's to read. */
  readonly isErased: boolean;
}

export interface LoggedRoom {
  readonly messages: readonly LoggedMessage[];
  /** Who blocks the other side in the end. */
  readonly blockers: readonly string[];
  /** Up to which message each person has seen it. */
  readonly seen: ReadonlyMap<string, number>;
}

/** A message as somebody is to be shown it. */
export const shownOf = ({ n, id, text, isDeleted, hiddenFrom }: LoggedMessage, userId: string | null): Shown =>
  hiddenFrom !== null && hiddenFrom === userId ? { n, id, text: '', isDeleted: true } : { n, id, text, isDeleted };

/** Whose texts are nobody's to read any more, and which events those are. */
export class ErasedByLog {
  readonly #keys = new Set<string>();
  /** By person and partition: up to which sequence. */
  readonly #until = new Map<string, number>();

  constructor(events: readonly LoggedEvent[]) {
    for (const event of events) {
      if (event.type !== 'UserErased') continue;
      if (event.keyId !== null) this.#keys.add(event.keyId);
      if (roomKind(event.room) === 'partition') {
        this.#until.set(`${partitionOf(event.room)} ${event.userId}`, event.seq);
      }
    }
  }

  /** @param userId whose texts are in it */
  has({ room, seq, sealedWith = '' }: Pick<LoggedEvent, 'room' | 'seq' | 'sealedWith'>, userId: string): boolean {
    return this.#keys.has(sealedWith) || seq < (this.#until.get(`${partitionOf(room)} ${userId}`) ?? 0);
  }
}

/** What each room comes to. */
export function loggedRooms(events: readonly LoggedEvent[]): Map<Room, LoggedRoom> {
  const erased = new ErasedByLog(events);
  const rooms = new Map<Room, RoomSoFar>();
  for (const event of events) {
    const room = rooms.get(event.room) ?? new RoomSoFar(event.room, erased);
    rooms.set(event.room, room);
    room.take(event);
  }
  return rooms;
}

class RoomSoFar implements LoggedRoom {
  readonly messages: LoggedMessage[] = [];
  readonly seen = new Map<string, number>();
  blockers: readonly string[] = [];
  readonly #byId = new Map<string, LoggedMessage>();

  constructor(
    private readonly room: Room,
    private readonly erased: ErasedByLog,
  ) {}

  take(event: LoggedEvent): void {
    switch (event.type) {
      case 'MessageCreated': {
        // The same command once more is the same message.
        if (this.#byId.has(event.messageId)) return;
        const { messageId: id, sender, content } = event;
        const isErased = this.erased.has(event, sender.id);
        const hiddenFrom = this.#blockerOf(sender.id);
        const message: LoggedMessage = {
          ...{ n: this.messages.length + 1, id, senderId: sender.id, text: isErased ? '' : content },
          ...{ isDeleted: false, hiddenFrom, isUncounted: hiddenFrom !== null, isErased },
        };
        this.messages.push(message);
        this.#byId.set(id, message);
        return;
      }
      case 'MessageEdited': {
        const message = this.#byId.get(event.messageId);
        if (!message || message.isDeleted) return;
        message.text = this.erased.has(event, event.userId) ? '' : event.content;
        message.hiddenFrom ??= this.#blockerOf(event.userId);
        return;
      }
      case 'MessageDeleted': {
        const message = this.#byId.get(event.messageId);
        if (message) Object.assign(message, { text: '', isDeleted: true });
        return;
      }
      case 'MessagesSeen': {
        const n = Math.min(event.n, this.messages.length);
        this.seen.set(event.userId, Math.max(this.seen.get(event.userId) ?? 0, n));
        return;
      }
      case 'PersonBlocked':
      case 'PersonUnblocked':
        this.blockers = event.blockers;
        return;
      case 'ReactionAdded':
      case 'ReactionRemoved':
      case 'ChatCreated':
      case 'MemberJoined':
      case 'MemberLeft':
      case 'ProfileChanged':
      case 'PersonMuted':
      case 'PersonUnmuted':
      case 'PersonBanned':
      case 'PersonUnbanned':
      case 'SlowModeChanged':
      case 'UserErased':
    }
  }

  messageOf(id: string): LoggedMessage | undefined {
    return this.#byId.get(id);
  }

  /** Who blocks somebody at this moment. */
  #blockerOf(senderId: string): string | null {
    if (this.blockers.length === 0) return null;
    return roomIds(this.room).find((userId) => userId !== senderId && this.blockers.includes(userId)) ?? null;
  }
}

/** What a text was said or edited by, as the log has it: `hidden` says from whom, null for nobody. */
export interface LoggedText {
  readonly text: string;
  readonly userId: string;
  readonly isErased: boolean;
  readonly hiddenFrom: string | null;
}

/** Every text that a client gave and the log has, as the client knows it: of somebody erased the log has none. */
export function loggedTexts(evidence: Pick<Evidence, 'histories' | 'events'>): LoggedText[] {
  const given = new Map<string, string>();
  for (const { userId, room, commandId, kind, content } of allCommands(evidence)) {
    if (content === null) continue;
    given.set(`${room} ${kind === 'edit' ? 'edit' : 'msg'}.${commandKey(userId, room, commandId)}`, content);
  }
  const erased = new ErasedByLog(evidence.events);
  const rooms = new Map<Room, RoomSoFar>();
  const texts: LoggedText[] = [];
  for (const event of evidence.events) {
    const room = rooms.get(event.room) ?? new RoomSoFar(event.room, erased);
    rooms.set(event.room, room);
    room.take(event);
    const text = given.get(`${event.room} ${event.id}`);
    if (text === undefined || (event.type !== 'MessageCreated' && event.type !== 'MessageEdited')) continue;
    const userId = event.type === 'MessageCreated' ? event.sender.id : event.userId;
    const hiddenFrom = room.messageOf(event.messageId)?.hiddenFrom ?? null;
    texts.push({ text, userId, isErased: erased.has(event, userId), hiddenFrom });
  }
  return texts;
}
