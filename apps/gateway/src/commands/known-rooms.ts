import { LRUCache } from 'lru-cache';
import type { Room } from '#domain';
import type { AskedLog } from '#event-store';
import { readSignal } from '../feeds/signals.js';

/** What the last event of some kind says of a room. */
interface ToldOfRoom {
  readonly room: Room;
  /** That of the event; 0 for none. */
  readonly seq: number;
}

/** What is known of rooms without asking the log, as whoever decides something tells every gateway. */
export class KnownRooms<T extends ToldOfRoom> {
  readonly #known: LRUCache<Room, T>;
  /** Nothing is known for longer than the question took: what others decide may not be told here. */
  #isInDoubt = false;

  /** @param ttl so long it is known, milliseconds */
  constructor(max: number, ttl: number) {
    // By their sizes and not by `max`, by which room for all of them is made at once.
    this.#known = new LRUCache({ maxSize: max, sizeCalculation: () => 1, ttl });
  }

  /** @param fields all that `T` has @returns what ends it */
  listen(
    log: Pick<AskedLog, 'live' | 'onHindrance'>,
    topic: string,
    fields: readonly (keyof T & string)[],
  ): (() => void)[] {
    const { live } = log;
    const subscription = live.onSignal(topic, (text) => {
      const told = readSignal<T>(text, fields);
      if (told) this.take(told);
    });
    // What was told meanwhile was missed; of a server that is cut off, over a connection that stands.
    const forget = (): void => {
      this.#known.clear();
    };
    return [
      live.onInterrupted(forget),
      log.onHindrance((hindrance) => {
        this.#isInDoubt = hindrance !== null;
        forget();
      }),
      () => {
        subscription.stop();
      },
    ];
  }

  get(room: Room): T | undefined {
    return this.#known.get(room);
  }

  /** What was told while the log was asked may be newer. @returns what is known now */
  take(told: T): T {
    const known = this.#known.peek(told.room);
    const now = known && known.seq > told.seq ? known : told;
    if (!this.#isInDoubt) this.#known.set(told.room, now);
    return now;
  }
}
