import { type Room, roomIds, roomKind } from '#domain';
import type { Live, LiveSubscription } from '#event-store';
import { decodeUpdate, type RoomUpdate, UnreadableUpdate } from '#projections';

/** Of so many rooms it is remembered up to where they were told. */
const ROOMS_AT_MOST = 1_000;

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

/**
 * Hears what projectors tell the gateways once they have folded it: of messages, reactions, edits and deletions. However
 * many want to know the same, it is heard and read once, and no longer than somebody wants to know.
 */
export class FoldsHeard {
  /** By what is listened to. */
  readonly #heard = new Map<string, Heard>();

  constructor(
    private readonly live: Pick<Live, 'overhear'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param room all where it is not given */
  listen(room: Room | undefined, listener: (told: readonly ToldFold[]) => void): LiveSubscription {
    const place = placeOf(room);
    const key = JSON.stringify(place);
    const heard = this.#heard.get(key) ?? new Heard(this.live, place, this.now);
    this.#heard.set(key, heard);
    const own = (of: Room, told: readonly ToldFold[]) => {
      if (room === undefined || of === room) listener(told);
    };
    heard.listeners.add(own);
    return {
      stop: () => {
        if (!heard.listeners.delete(own) || heard.listeners.size > 0) return;
        this.#heard.delete(key);
        heard.subscription.stop();
      },
    };
  }
}

type Place = Parameters<Live['overhear']>[0];

/** A direct chat is told to its people. */
function placeOf(room: Room | undefined): Place {
  if (room === undefined) return null;
  return roomKind(room) === 'direct' ? { userId: roomIds(room)[0]! } : { room };
}

/** One place, for all who listen to it. */
class Heard {
  readonly listeners = new Set<(room: Room, told: readonly ToldFold[]) => void>();
  readonly subscription: LiveSubscription;
  /** Of a direct chat both people are told. */
  readonly #lastOf = new Map<string, number>();

  constructor(
    live: Pick<Live, 'overhear'>,
    place: Place,
    private readonly now: () => number,
  ) {
    this.subscription = live.overhear(place, (text) => {
      this.#hear(text);
    });
  }

  #hear(text: string): void {
    const update = updateIn(text);
    if (!update) return;
    const { room, version, changes } = update;
    const place = `${version} ${room}`;
    const at = new Date(this.now()).toISOString();
    const told: ToldFold[] = [];
    for (const { message } of changes) {
      const { seq } = message;
      if (seq <= (this.#lastOf.get(place) ?? 0)) continue;
      this.#remember(place, seq);
      told.push({ folded: true, seq, projection: 'timeline', version, at });
    }
    if (told.length > 0) for (const listener of this.listeners) listener(room, told);
  }

  #remember(place: string, seq: number): void {
    this.#lastOf.delete(place);
    this.#lastOf.set(place, seq);
    const [oldest] = this.#lastOf.keys();
    if (this.#lastOf.size > ROOMS_AT_MOST) this.#lastOf.delete(oldest!);
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
