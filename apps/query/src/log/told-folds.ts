import { type Room, roomIds, roomKind } from '#domain';
import type { Live } from '#event-store';
import { decodeUpdate, type RoomUpdate, UnreadableUpdate } from '#projections';

/** Who reads slower than is folded misses some, as whoever hears of it does. */
const KEPT_AT_MOST = 1_000;

/** That an event is folded and can be read. */
export interface ToldFold {
  readonly folded: true;
  /** The event. */
  readonly seq: number;
  readonly projection: 'timeline';
  /** Of the projection. */
  readonly version: number;
  /** When this process was told of it, by its own clock, ISO 8601. */
  readonly at: string;
}

/** Hears what projectors tell the gateways once they have folded it: of messages, reactions, edits and deletions. */
export class ToldFolds {
  #waiting: ToldFold[] = [];
  #onTold: () => void = () => undefined;
  /** Of a direct chat both people are told. */
  readonly #lastOf = new Map<string, number>();
  readonly #subscription: { stop(): void };

  constructor(
    live: Pick<Live, 'overhear'>,
    private readonly room: Room | undefined,
    private readonly now: () => number = Date.now,
  ) {
    const isDirect = room !== undefined && roomKind(room) === 'direct';
    const place = room === undefined ? null : isDirect ? { userId: roomIds(room)[0]! } : { room };
    this.#subscription = live.overhear(place, (text) => {
      this.#hear(text);
    });
  }

  /** @param listener hears that there is something to take */
  onTold(listener: () => void): void {
    this.#onTold = listener;
  }

  take(): ToldFold[] {
    const told = this.#waiting;
    this.#waiting = [];
    return told;
  }

  stop(): void {
    this.#subscription.stop();
  }

  #hear(text: string): void {
    const update = updateIn(text);
    if (!update || (this.room !== undefined && update.room !== this.room)) return;
    const { room, version, changes } = update;
    const place = `${version} ${room}`;
    for (const { message } of changes) {
      const { seq } = message;
      if (seq <= (this.#lastOf.get(place) ?? 0)) continue;
      this.#remember(place, seq);
      this.#waiting.push({
        folded: true,
        seq,
        projection: 'timeline',
        version,
        at: new Date(this.now()).toISOString(),
      });
    }
    if (this.#waiting.length > KEPT_AT_MOST) this.#waiting.splice(0, this.#waiting.length - KEPT_AT_MOST);
    this.#onTold();
  }

  #remember(place: string, seq: number): void {
    this.#lastOf.delete(place);
    this.#lastOf.set(place, seq);
    const [oldest] = this.#lastOf.keys();
    if (this.#lastOf.size > KEPT_AT_MOST) this.#lastOf.delete(oldest!);
  }
}

/** What cannot be read is for others. */
function updateIn(text: string): RoomUpdate | null {
  try {
    const update = decodeUpdate(text);
    return update?.type === 'room' ? update : null;
  } catch (error) {
    if (error instanceof UnreadableUpdate) return null;
    throw error;
  }
}
