import { setImmediate } from 'node:timers/promises';
import { partitionOf, partitionRoom, roomIds, roomKind, type Room } from '#domain';
import {
  type DeadLetter,
  type EventLog,
  decodeRecord,
  type FollowOptions,
  type LogRecord,
  readableEvent,
} from '#event-store';
import { Replay } from '../engine/replay.js';
import type { HeadDocument, MessageDocument } from '../timeline/documents.js';
import { timeline } from '../timeline/fold.js';
import { Timeline } from '../timeline/queries.js';
import type { ChatThen, ErasedThen, RoomThen } from './room-then.js';
import { Texts } from './texts-then.js';
import { messageThenView, type MessageThenView, type RoomStep } from './view.js';

/** Few, so that what was read is let go of before it counts as old. */
const ROUND = 250;

/** So long it folds without others having their turn. Milliseconds. */
const HELD_AT_MOST = 20;

export interface RoomFoldOptions {
  /** How many events of the room are folded. */
  readonly atMost?: number;
  /** Ends it: its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** The room had more events by then than are folded here. */
export class RoomTooLong extends Error {
  override readonly name = 'RoomTooLong';
}

/**
 * Folds a room up to one moment after the other with the fold of the timeline: its own events, and those by which people
 * are erased in its partition. Only reads the log.
 */
export class RoomFold {
  private readonly unfoldable: Pick<DeadLetter, 'seq' | 'reason'>[] = [];
  private last: Pick<LogRecord, 'seq' | 'at'> | null = null;
  private foldedTo = 0;
  private folded = 0;
  private heldSince = performance.now();

  private constructor(
    private readonly log: Pick<EventLog, 'readAllowed'>,
    private readonly name: Room,
    private readonly replay: Replay<unknown>,
    private readonly texts: Texts,
    /** In the order of the log. */
    private readonly erasures: readonly LogRecord[],
    private readonly options: RoomFoldOptions,
  ) {}

  /** @throws LogUnavailable */
  static async start(log: Pick<EventLog, 'readAllowed'>, room: Room, options: RoomFoldOptions = {}): Promise<RoomFold> {
    const filter = { room: partitionRoom(partitionOf(room)), kind: 'erase' } as const;
    const erasures: LogRecord[] = [];
    const texts = Texts.ofNothing();
    // Read once for both: reading is what folding costs most.
    const decode = (record: LogRecord) => {
      const event = decodeRecord(record);
      texts.take(event, record);
      return event;
    };
    const replay = await Replay.start<unknown>(timeline, { decode });
    const fold = new RoomFold(log, room, replay, texts, erasures, options);
    for await (const records of fold.read({ filter })) erasures.push(...records);
    return fold;
  }

  /** What is read only in part, since nobody wants it any more, is not taken for all. */
  private async *read(options: FollowOptions): AsyncGenerator<readonly LogRecord[], void> {
    const { signal } = this.options;
    yield* this.log.readAllowed({ ...options, ...(signal && { signal }) });
    signal?.throwIfAborted();
  }

  /**
   * Folds on, up to a sequence of the log.
   * @param onProgress is told after each round how many sequences of the log are left
   * @throws RoomTooLong, LogUnavailable
   */
  async to(until: number, onProgress: (left: number) => void = () => undefined): Promise<void> {
    const { name: room, foldedTo } = this;
    if (until > foldedTo) {
      let round: LogRecord[] = [];
      for await (const records of this.read({ filter: { room }, from: foldedTo + 1, until })) {
        round.push(...records);
        if (round.length < ROUND) continue;
        await this.fold(round);
        round = [];
        onProgress(until - this.last!.seq);
      }
      await this.fold(round);
      await this.foldErasures(until);
    }
    onProgress(0);
  }

  /**
   * Folds on event by event, as far as it is taken, and as many events of the room are folded.
   * @param last of how many messages, of the last, each step has those that it left otherwise
   * @throws LogUnavailable
   */
  async *steps(last: number): AsyncGenerator<RoomStep, void> {
    const { name: room, foldedTo } = this;
    const changed = this.changes(last);
    await changed();
    for await (const records of this.read({ filter: { room }, from: foldedTo + 1 })) {
      for (const record of records) {
        if (this.folded >= (this.options.atMost ?? Infinity)) return;
        await this.fold([record]);
        const { seq, at, type } = record;
        yield { seq, at: new Date(at).toISOString(), type, messages: await changed(), chat: await this.chat() };
      }
    }
  }

  /** @returns asks which of the last messages are others than when that was asked before; the first time, all */
  private changes(last: number): () => Promise<MessageThenView[]> {
    const before = new Map<number, { readonly document: MessageDocument; readonly text: string }>();
    return async () => {
      const others: MessageThenView[] = [];
      for (const document of await this.page(last)) {
        const was = before.get(document.n);
        // Documents are replaced, never changed.
        if (was?.document === document) continue;
        const view = messageThenView(document, this.texts);
        const text = JSON.stringify(view);
        before.set(document.n, { document, text });
        if (text !== was?.text) others.push(view);
      }
      return others;
    };
  }

  private async page(last: number): Promise<MessageDocument[]> {
    return (await new Timeline(this.replay.store).page(this.name, { limit: last })).reverse();
  }

  /** The next records of the room, and what erasures there were before the last of them. */
  private async fold(records: readonly LogRecord[]): Promise<void> {
    const last = records.at(-1);
    if (!last) return;
    const { atMost = Infinity } = this.options;
    this.folded += records.length;
    if (this.folded > atMost)
      throw new RoomTooLong(`${this.name} has more than ${atMost} events until then: see chatctl at`);
    const erasures = this.erasuresUntil(last.seq);
    const round: LogRecord[] = [];
    for (const record of records) {
      while (erasures[0] && erasures[0].seq < record.seq) round.push(erasures.shift()!);
      round.push(record);
    }
    await this.replayed(round);
    this.last = last;
    this.foldedTo = last.seq;
    await this.giveWay();
  }

  /** All that is waited for may be here already: without it nobody else has a turn until everything is folded. */
  private async giveWay(): Promise<void> {
    if (performance.now() - this.heldSince < HELD_AT_MOST) return;
    await setImmediate();
    this.heldSince = performance.now();
    this.options.signal?.throwIfAborted();
  }

  private async foldErasures(until: number): Promise<void> {
    await this.replayed(this.erasuresUntil(until));
    this.foldedTo = until;
  }

  private erasuresUntil(until: number): LogRecord[] {
    return this.erasures.filter(({ seq }) => seq > this.foldedTo && seq <= until);
  }

  private async replayed(records: readonly LogRecord[]): Promise<void> {
    for (const { seq, reason } of await this.replay.fold(records)) this.unfoldable.push({ seq, reason });
  }

  /** As it is where it is folded to. @param last how many messages, of the last */
  async room(last = Infinity): Promise<RoomThen> {
    const { name: room, texts, last: event } = this;
    const messages = await this.page(last);
    return {
      ...{ room, seq: event?.seq ?? 0, storedAt: event?.at ?? null, messages, chat: await this.chat() },
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
