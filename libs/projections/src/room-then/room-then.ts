import type { Room } from '#domain';
import { type DeadLetter, type EventLog, type Moment, seqUntil } from '#event-store';
import type { MessageDocument } from '../timeline/documents.js';
import type { ChangeThen, TextsThen } from './texts-then.js';

/** What a direct chat is beside its messages. */
export interface ChatThen {
  /** Up to which message each of the two has seen it; 0 for none. */
  readonly seen: readonly { readonly userId: string; readonly n: number }[];
  /** Who of the two blocks the other. */
  readonly blockers: readonly string[];
}

/** Somebody was erased in the partition of the room. */
export interface ErasedThen {
  readonly seq: number;
  readonly userId: string;
}

/** A room as it was. */
export interface RoomThen {
  readonly room: Room;
  /** The last event of the room until then, and when the log stored it; 0 and null where there was none yet. */
  readonly seq: number;
  readonly storedAt: number | null;
  /** All of them, or the last so many, oldest first, as they were. */
  readonly messages: readonly MessageDocument[];
  /** What is known of their texts, and is not in them. */
  readonly texts: TextsThen;
  readonly changes: readonly ChangeThen[];
  /** Null where it is no direct chat. */
  readonly chat: ChatThen | null;
  /** Who was erased by then. */
  readonly erased: readonly ErasedThen[];
  /** What the projectors set aside too. */
  readonly unfoldable: readonly Pick<DeadLetter, 'seq' | 'reason'>[];
}

/** There was no such room then: the message says what there is. */
export class NothingThere extends Error {
  override readonly name = 'NothingThere';
}

/** The last sequence of the log by a moment. @throws NothingThere where the log has not come so far, LogUnavailable */
export async function knownSeq(log: EventLog, moment: Moment): Promise<number> {
  if ('seq' in moment) {
    const end = await log.lastSeq();
    if (moment.seq > end) throw new NothingThere(`the log ends at ${end}: there is no ${moment.seq} yet`);
  }
  return seqUntil(log, moment);
}

/** @throws NothingThere, LogUnavailable */
export async function refuseIfNothing({ room, seq }: RoomThen, log: EventLog): Promise<void> {
  if (seq > 0) return;
  for await (const [first] of log.readAllowed({ filter: { room } })) {
    const since = new Date(first!.at).toISOString();
    throw new NothingThere(`there was nothing in ${room} yet: it begins with event ${first!.seq}, at ${since}`);
  }
  throw new NothingThere(`the log has nothing of ${room}: see how the room is written, and which log this is`);
}
