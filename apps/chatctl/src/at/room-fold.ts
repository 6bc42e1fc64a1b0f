import { partitionOf, partitionRoom, roomIds, roomKind, type Room } from '#domain';
import { type DeadLetter, type EventLog, type LogRecord, readableEvent } from '#event-store';
import { type HeadDocument, Replay, Timeline, timeline } from '#projections';
import type { ChatThen, ErasedThen, RoomThen } from './room-then.js';
import { Texts } from './texts-then.js';

const ROUND = 2_000;

type TimelineReplay = Awaited<ReturnType<typeof Replay.start<unknown>>>;

/**
 * Folds a room up to one moment after the other with the fold of the timeline: its own events, and those by which people
 * are erased in its partition. Only reads the log.
 */
export class RoomFold {
  private readonly texts = new Texts();
  private readonly unfoldable: Pick<DeadLetter, 'seq' | 'reason'>[] = [];
  private last: Pick<LogRecord, 'seq' | 'at'> | null = null;
  private foldedTo = 0;

  private constructor(
    private readonly log: EventLog,
    private readonly name: Room,
    private readonly replay: TimelineReplay,
    /** In the order of the log. */
    private readonly erasures: readonly LogRecord[],
  ) {}

  /** @throws LogUnavailable */
  static async start(log: EventLog, room: Room): Promise<RoomFold> {
    const filter = { room: partitionRoom(partitionOf(room)), kind: 'erase' } as const;
    const erasures: LogRecord[] = [];
    for await (const records of log.readAllowed({ filter })) erasures.push(...records);
    return new RoomFold(log, room, await Replay.start<unknown>(timeline), erasures);
  }

  /**
   * Folds on, up to a sequence of the log.
   * @param onProgress is told after each round how many sequences of the log are left
   * @throws LogUnavailable
   */
  async to(until: number, onProgress: (left: number) => void = () => undefined): Promise<void> {
    const { log, name: room, foldedTo } = this;
    const erasures = this.erasures.filter(({ seq }) => seq > foldedTo && seq <= until);
    let round: LogRecord[] = [];
    const fold = async () => {
      for (const { seq, reason } of await this.replay.fold(round)) this.unfoldable.push({ seq, reason });
      round = [];
    };
    if (until > foldedTo) {
      for await (const records of log.readAllowed({ filter: { room }, from: foldedTo + 1, until })) {
        for (const record of records) {
          while (erasures[0] && erasures[0].seq < record.seq) round.push(erasures.shift()!);
          this.texts.take(record);
          round.push(record);
        }
        this.last = records.at(-1)!;
        if (round.length < ROUND) continue;
        await fold();
        onProgress(until - this.last.seq);
      }
    }
    round.push(...erasures);
    await fold();
    this.foldedTo = Math.max(foldedTo, until);
    onProgress(0);
  }

  /** As it is where it is folded to. */
  async room(): Promise<RoomThen> {
    const { name: room, texts, last } = this;
    const messages = await new Timeline(this.replay.store).pageAfter(room, { after: 0, limit: Infinity });
    return {
      ...{ room, seq: last?.seq ?? 0, storedAt: last?.at ?? null, messages, chat: await this.chat() },
      ...{ texts: texts.copy(), changes: texts.changesOf(messages), unfoldable: [...this.unfoldable] },
      erased: this.erased(),
    };
  }

  private async chat(): Promise<ChatThen | null> {
    if (roomKind(this.name) !== 'direct') return null;
    const [head] = await this.replay.store.get<HeadDocument>('heads', [this.name]);
    const { users, seen, blockers = [] } = head?.chat ?? { users: roomIds(this.name), seen: [] };
    return { seen: users.map((userId, side) => ({ userId, n: seen[side]?.n ?? 0 })), blockers };
  }

  private erased(): ErasedThen[] {
    return this.erasures.flatMap((record) => {
      const event = record.seq <= this.foldedTo ? readableEvent(record) : null;
      return event?.type === 'UserErased' ? [{ seq: event.seq, userId: event.userId }] : [];
    });
  }
}
