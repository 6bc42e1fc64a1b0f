import { encodeId, type Room, roomIds } from '#domain';
import { type AskedReadModels, type DocumentStore, endOf, Served } from '#read-models';
import type { Change } from '../live-update.js';
import {
  type ChangeDocument,
  type HeadDocument,
  type InboxDocument,
  inboxId,
  type MessageDocument,
  placeId,
  type Position,
  TIMELINE_FORMAT,
} from './documents.js';
import { seenAt } from './seen-at.js';
import { readThread, type Thread, type MessagePart } from './thread.js';

/** Where a direct chat of a person stands, by its last event. */
export type ChatPosition = Pick<InboxDocument, 'room' | 'chatId' | 'n' | 'rev' | 'seq'>;

/** How many chats of a person are read together. */
const CHATS_TOGETHER = 1_000;

/** A round's documents become visible within some ms of each other, unless its projector died in the middle. */
const POSITION_ATTEMPTS = 12;

/** How many messages, and changes, behind a head are read together. */
const BEHIND_HEAD_TOGETHER = 1_000;

/** What happened in a room since a position: in order, each change once, as far as none is missing. */
export interface Run {
  readonly changes: readonly Change[];
  /** Where it ends: everything up to there is in the documents. */
  readonly to: Position;
  /** Whether that is all there is. Behind a hole is what was written so far of a round, by a projector that may have died. */
  readonly isWhole: boolean;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The queries on the timeline. All of them are by `_id`, by ranges of it, or by a message's id. */
export class Timeline {
  constructor(private readonly store: DocumentStore) {}

  /**
   * Where a room stands: everything up to there is in the documents, also where a projector died in the middle of a
   * round and wrote the rest of it only. A round that is just being written is waited for.
   */
  async position(room: Room): Promise<Position> {
    for (let attempt = 1; ; attempt++) {
      const { to, isWhole } = await this.behindHead(room);
      if (isWhole || attempt === POSITION_ATTEMPTS) return to;
      await pause(5 * attempt);
    }
  }

  /** What a head counts was written before it; so the numbers after it tell what is missing. */
  private async behindHead(room: Room): Promise<Pick<Run, 'to' | 'isWhole'>> {
    const [head] = await this.store.get<HeadDocument>('heads', [room]);
    let to: Position = { n: head?.n ?? 0, rev: head?.rev ?? 0 };
    for (;;) {
      const found = await this.found(room, to, BEHIND_HEAD_TOGETHER, { fields: ['n', 'rev0', 'rev'] });
      const run = await this.run(room, to, found);
      to = run.to;
      const isCut = Math.max(found.created.length, found.changed.length) === BEHIND_HEAD_TOGETHER;
      if (!isCut || run.changes.length === 0) return run;
    }
  }

  /**
   * Names the change that the room stood at, whatever the version of the timeline: in another one with the same name at
   * the same position, the same happened before it. Null where this version has no such position.
   */
  async changeAt(room: Room, { n, rev }: Position): Promise<string | null> {
    if (rev === 0) return n === 0 ? 'the beginning' : null;
    const [[message], [change]] = await Promise.all([
      this.store.get<MessageDocument>('messages', [placeId(room, n)]),
      this.store.get<ChangeDocument>('changes', [placeId(room, rev)]),
    ]);
    if (!message || (change ? change.lastN !== n : message.rev0 !== rev)) return null;
    return `${message.messageId} ${change?.seq ?? 'created'}`;
  }

  /** The number of a room's last message: as many as it has, since there are no holes. */
  async lastN(room: Room): Promise<number> {
    return (await this.page(room, { limit: 1 }))[0]?.n ?? 0;
  }

  /** Messages of a room, newest first, with numbers below `before`. */
  page(room: Room, options: { readonly before?: number; readonly limit: number }): Promise<MessageDocument[]> {
    const to = options.before === undefined ? endOf(room) : placeId(room, Math.max(options.before, 0));
    return this.store.range('messages', { from: placeId(room, 0), to, limit: options.limit, descending: true });
  }

  /** Messages of a room, oldest first, with numbers above `after`. */
  pageAfter(room: Room, options: { readonly after: number; readonly limit: number }): Promise<MessageDocument[]> {
    return this.store.range('messages', {
      from: placeId(room, options.after + 1),
      to: endOf(room),
      limit: options.limit,
    });
  }

  /** See {@link roomsAfter}. */
  rooms(after: string, limit: number): Promise<Room[]> {
    return roomsAfter(this.store, after, limit);
  }

  async message(messageId: string): Promise<MessageDocument | null> {
    const [message] = await this.store.findBy<MessageDocument>('messages', 'messageId', [messageId]);
    return message ?? null;
  }

  /** The thread that a message began or is in, see {@link readThread}. */
  thread(message: MessageDocument, part: MessagePart): Promise<Thread> {
    return readThread(this.store, message, part);
  }

  /**
   * What happened in a room since a position, each message as it is now, as far as it is there without a hole. Null where
   * there are more than `max` changes: whoever asks then starts from the history.
   */
  async changesSince(room: Room, from: Position, max: number): Promise<Run | null> {
    const found = await this.found(room, from, max + 1);
    return found.created.length + found.changed.length > max ? null : this.run(room, from, found);
  }

  /**
   * What happened between two positions of a room, each message as it is now; the later one must be no further than
   * {@link position}. Null where the earlier one is none of this room's: then the numbers between do not come out even.
   */
  async changesBetween(room: Room, from: Position, to: Position): Promise<readonly Change[] | null> {
    const [created, changed] = [to.n - from.n, to.rev - from.rev];
    if (created < 0 || created > changed) return null;
    if (changed === 0) return [];
    const run = await this.run(room, from, await this.found(room, from, changed, { to }));
    return run.isWhole && run.to.n === to.n && run.to.rev === to.rev ? run.changes : null;
  }

  private async found(room: Room, from: Position, limit: number, { to, fields }: Part = {}): Promise<Found> {
    const created = await this.store.range<MessageDocument>('messages', {
      ...{ from: placeId(room, from.n + 1), to: to ? placeId(room, to.n + 1) : endOf(room), limit },
      ...(fields && { fields }),
    });
    const changed = await this.store.range<ChangeDocument>('changes', {
      ...{ from: placeId(room, from.rev + 1), to: to ? placeId(room, to.rev + 1) : endOf(room), limit },
    });
    return { created, changed };
  }

  private async run(room: Room, from: Position, { created, changed }: Found): Promise<Run> {
    const changes = await this.inOrder(room, created, changed);
    // A change may be there before the message as it left it.
    const end = changes.findIndex(({ rev, message }, i) => rev !== from.rev + 1 + i || message.rev < rev);
    const run = end < 0 ? changes : changes.slice(0, end);
    return { changes: run, to: positionAfter(from, run), isWhole: run.length === created.length + changed.length };
  }

  private async inOrder(
    room: Room,
    created: readonly MessageDocument[],
    changed: readonly ChangeDocument[],
  ): Promise<Change[]> {
    const messages = new Map(created.map((message) => [message.n, message]));
    // Those of before, and those that were changed between the two readings.
    const older = changed.filter(({ n, rev }) => (messages.get(n)?.rev ?? 0) < rev);
    const missing = [...new Set(older.map(({ n }) => n))];
    for (const message of await this.store.get<MessageDocument>(
      'messages',
      missing.map((n) => placeId(room, n)),
    )) {
      messages.set(message.n, message);
    }
    const changes: Change[] = created.map((message) => ({ rev: message.rev0, kind: 'message', message }));
    for (const { n, rev, kind = 'reaction' } of changed) {
      const message = messages.get(n);
      if (message) changes.push({ rev, kind, message });
    }
    return changes.sort((a, b) => a.rev - b.rev);
  }

  /** Direct chats of a person, latest first: those whose `updatedSeq` is below `before`. */
  inbox(userId: string, options: { readonly before?: number; readonly limit: number }): Promise<InboxDocument[]> {
    const user = encodeId(userId);
    const { before, limit } = options;
    const range = { from: `${user}:`, to: endOf(user), limit };
    return this.store.highest('inbox', { ...range, by: 'updatedSeq', ...(before !== undefined && { below: before }) });
  }

  /** Where each direct chat of a person stands, in any order: everything up to there is in the documents. */
  async chatPositions(userId: string): Promise<ChatPosition[]> {
    const user = encodeId(userId);
    const fields = ['room', 'chatId', 'n', 'rev'] satisfies (keyof InboxDocument)[];
    const all: ChatPosition[] = [];
    for (let from = `${user}:`; ;) {
      const part = await this.store.range<InboxDocument>('inbox', {
        ...{ from, to: endOf(user), limit: CHATS_TOGETHER, fields },
      });
      all.push(...(await this.standing(part)));
      if (part.length < CHATS_TOGETHER) return all;
      // The next text there is.
      from = `${part.at(-1)!._id}\0`;
    }
  }

  /**
   * An entry may be there before the messages that it counts; up to the head of its room all of them are. What comes behind
   * it are changes of messages that no list shows: where there is one, the entry does not say where the chat stands.
   */
  private async standing(entries: readonly InboxDocument[]): Promise<ChatPosition[]> {
    const rooms = entries.map(({ room }) => room);
    const behind = entries.map(({ room, rev }) => placeId(room, rev + 1));
    const [heads, changes] = await Promise.all([
      this.store.get<HeadDocument>('heads', rooms),
      this.store.get<ChangeDocument>('changes', behind),
    ]);
    const revs = new Map(heads.map(({ _id, rev }) => [_id, rev]));
    const changed = new Set(changes.map(({ room }) => room));
    return Promise.all(
      entries.map(async ({ room, chatId, n, rev, seq }) => {
        const isStanding = rev <= (revs.get(room) ?? 0) && !changed.has(room);
        const at = isStanding ? { n, rev } : await this.position(room);
        return { room, chatId, seq, ...at };
      }),
    );
  }

  /** One direct chat as one of its people sees it. */
  async entry(userId: string, room: Room): Promise<InboxDocument | null> {
    return (await this.store.get<InboxDocument>('inbox', [inboxId(userId, room)]))[0] ?? null;
  }

  /** When its receiver saw a message of a direct chat, for each of these; null for not yet. */
  async receipts(
    room: Room,
    messages: readonly { readonly n: number }[],
  ): Promise<(message: Pick<MessageDocument, 'sender' | 'n'>) => string | null> {
    const [one, other] = roomIds(room) as [string, string];
    const [byOne, byOther] = await Promise.all([this.seenAt(room, one, messages), this.seenAt(room, other, messages)]);
    return ({ sender, n }) => (sender.id === one ? byOther : byOne)(n);
  }

  /** See {@link seenAt}. */
  seenAt(room: Room, userId: string, messages: readonly { readonly n: number }[]): ReturnType<typeof seenAt> {
    return seenAt(this.store, room, userId, messages);
  }
}

/** Of what is behind a position: up to where it is wanted, and what of it. */
interface Part {
  readonly to?: Position;
  readonly fields?: readonly (keyof MessageDocument)[];
}

interface Found {
  readonly created: readonly MessageDocument[];
  readonly changed: readonly ChangeDocument[];
}

/** Where a room stands after these changes, which follow on each other from `from` on. */
export function positionAfter(from: Position, changes: readonly Change[]): Position {
  const n = changes.reduce((highest, { message }) => Math.max(highest, message.n), from.n);
  return { n, rev: changes.at(-1)?.rev ?? from.rev };
}

/** The timeline as it is served. */
export class ServedTimeline extends Served<Timeline> {
  constructor(readModels: AskedReadModels) {
    super(readModels, { name: 'timeline', format: TIMELINE_FORMAT }, (store) => new Timeline(store));
  }
}

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
