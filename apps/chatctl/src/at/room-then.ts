import { authorOf, type Room, type Said, saidAfter } from '#domain';
import { type DeadLetter, type EventLog, type LogRecord, readableEvent } from '#event-store';
import { type MessageDocument, Replay, Timeline, timeline } from '#projections';
import type { Moment } from './moment.js';

/** Somebody changed what a message says, or took it back. */
export interface Change {
  readonly seq: number;
  /** When it was decided, ISO 8601. */
  readonly at: string;
  readonly type: 'edited' | 'deleted';
  readonly userId: string | null;
  /** The number of the message, and its id. */
  readonly n: number;
  readonly messageId: string;
  readonly before: string;
  /** Null where it was deleted. */
  readonly after: string | null;
}

/** A room as it was. */
export interface RoomThen {
  readonly room: Room;
  /** The last event of the room until then, and when the log stored it. */
  readonly seq: number;
  readonly storedAt: number;
  /** All of them, oldest first, as they were. */
  readonly messages: readonly MessageDocument[];
  readonly changes: readonly Change[];
  /** What the projectors set aside too. */
  readonly unfoldable: readonly Pick<DeadLetter, 'seq' | 'reason'>[];
}

/** There was no such room then: the message says what there is. */
export class NothingThere extends Error {
  override readonly name = 'NothingThere';
}

const ROUND = 2_000;

/**
 * Folds the events of a room up to a moment, and nothing else, with the fold of the timeline. Only reads the log.
 * @param onProgress is told after each round how many sequences of the log are left
 * @throws NothingThere, LogUnavailable
 */
export async function roomThen(
  log: EventLog,
  room: Room,
  moment: Moment,
  onProgress: (left: number) => void,
): Promise<RoomThen> {
  const until = 'seq' in moment ? await known(log, moment.seq) : await log.lastSeq({ room }, moment.time);
  const replay = await Replay.start(timeline);
  const texts = new Texts();
  const unfoldable: Pick<DeadLetter, 'seq' | 'reason'>[] = [];
  let last: LogRecord | undefined;
  let round: LogRecord[] = [];
  const fold = async () => {
    for (const { seq, reason } of await replay.fold(round)) unfoldable.push({ seq, reason });
    last = round.at(-1) ?? last;
    round = [];
  };
  for await (const record of log.read({ filter: { room }, until })) {
    texts.take(record);
    if (round.push(record) < ROUND) continue;
    await fold();
    onProgress(until - record.seq);
  }
  await fold();
  if (!last) throw await nothingThere(log, room);
  onProgress(0);
  const messages = await new Timeline(replay.store).pageAfter(room, { after: 0, limit: Infinity });
  return { room, seq: last.seq, storedAt: last.at, messages, changes: texts.changesOf(messages), unfoldable };
}

/** @throws NothingThere where the log has not come so far */
async function known(log: EventLog, seq: number): Promise<number> {
  const end = await log.lastSeq();
  if (seq > end) throw new NothingThere(`the log ends at ${end}: there is no ${seq} yet`);
  return seq;
}

async function nothingThere(log: EventLog, room: Room): Promise<NothingThere> {
  for await (const { seq, at } of log.read({ filter: { room } })) {
    const since = new Date(at).toISOString();
    return new NothingThere(`there was nothing in ${room} yet: it begins with event ${seq}, at ${since}`);
  }
  return new NothingThere(`the log has nothing of ${room}: see how the room is written, and which log this is`);
}

/** What was changed in a room, with what it said before. */
class Texts {
  private readonly said = new Map<string, Said>();
  private readonly changes: Omit<Change, 'n'>[] = [];

  take(record: LogRecord): void {
    if (record.kind !== 'msg' && record.kind !== 'edit') return;
    const event = readableEvent(record);
    if (event?.type === 'MessageCreated')
      this.said.set(event.messageId, saidAfter(this.said.get(event.messageId), event));
    if (event?.type !== 'MessageEdited' && event?.type !== 'MessageDeleted') return;
    const { seq, at, messageId } = event;
    const before = this.said.get(messageId);
    const after = saidAfter(before, event);
    this.said.set(messageId, after);
    // Of what is not there, or no more, nothing is changed.
    if (typeof before !== 'string' || after === undefined) return;
    const type = after === null ? 'deleted' : 'edited';
    this.changes.push({ seq, at, type, userId: authorOf(event), messageId, before, after });
  }

  /** Those of the messages that the room has. */
  changesOf(messages: readonly MessageDocument[]): Change[] {
    const numbers = new Map(messages.map(({ messageId, n }) => [messageId, n]));
    return this.changes.flatMap(({ messageId, ...change }) => {
      const n = numbers.get(messageId);
      return n === undefined ? [] : [{ ...change, n, messageId }];
    });
  }
}
