import { type RecordedEvent, type Room } from '#domain';
import { decodeRecord, type EventLog } from '#event-store';
import type { Timeline } from '#projections';

/** What an application was told by the client library, in that order. */
export type Told =
  | { readonly what: 'message'; readonly room: Room; readonly n: number; readonly id: string }
  | { readonly what: 'reset'; readonly room: Room; readonly messages: readonly Place[] };

export interface Place {
  readonly n: number;
  readonly id: string;
}

/** Something that was said, and what became of it. */
export interface Command {
  readonly commandId: string;
  readonly userId: string;
  readonly kind: 'message' | 'reaction' | 'seen';
  readonly room: Room;
  /** Of a message, which is of this command alone. */
  readonly content: string | null;
  /** Up to which message its client knew the room. */
  readonly knownN: number;
  /** That of the message which it made or concerned, once it was acknowledged; null while it was not. */
  ackedAs: string | null;
  /** Why it was refused for good, if it was. */
  refused: string | null;
}

/** What one client has seen. */
export interface History {
  readonly client: string;
  readonly told: Told[];
  readonly commands: Command[];
}

export interface StoredMessage extends Place {
  readonly content: string;
}

/** A direct chat as the read model lists it for one of its people. */
export interface StoredChat {
  readonly room: Room;
  readonly userId: string;
  readonly unread: number;
}

/** All that there is to be compared once everything is quiet. */
export interface Evidence {
  readonly histories: readonly History[];
  /** Every event of the log, in its order. */
  readonly events: readonly RecordedEvent[];
  /** The read model of each room, in the order of `n`. */
  readonly rooms: ReadonlyMap<Room, readonly StoredMessage[]>;
  readonly chats: readonly StoredChat[];
  /** Commands that were acknowledged and given once more: each with what it was acknowledged as then. */
  readonly repeated: readonly { readonly command: Command; readonly ackedAs: string }[];
}

export async function eventsOf(log: Pick<EventLog, 'read'>): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const record of log.read()) events.push(decodeRecord(record));
  return events;
}

export async function messagesOf(timeline: Timeline, room: Room): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for (let after = 0; ;) {
    const page = await timeline.pageAfter(room, { after, limit: 1_000 });
    all.push(...page.map(({ n, messageId, content }) => ({ n, id: messageId, content })));
    if (page.length < 1_000) return all;
    after = page.at(-1)!.n;
  }
}
