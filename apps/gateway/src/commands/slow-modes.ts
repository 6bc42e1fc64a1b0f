import { randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { MAX_SLOW_SECONDS, type Room, slowModeOf, type SlowModeState } from '#domain';
import { type AskedLog, EventLog, OutcomeUnknown } from '#event-store';
import { SLOW_MODE_TOPIC, type SlowModeTold } from '#projections';
import { readSignal } from '../feeds/signals.js';
import { KnownRooms } from './known-rooms.js';

const SPOKE_TOPIC = 'spoke';
/** So long what a room's slow mode is is known without asking the log; a change is told at once. Milliseconds. */
const KNOWN = 30_000;
const MAX_ROOMS = 100_000;
const MAX_SPEAKERS = 200_000;

/** Somebody has spoken in a room that is slow. */
interface Spoke {
  readonly gateway: string;
  readonly room: Room;
  readonly userId: string;
  readonly key: string;
}

/** Somebody's last message in a room: as which command, and when, on the monotonic clock. */
interface Spoken {
  readonly key: string;
  readonly at: number;
}

/** A message, and how slow the room was when it was decided: that may be forgotten a moment later. */
export interface Speech {
  readonly room: Room;
  readonly userId: string;
  readonly key: string;
  readonly seconds: SlowModeState;
}

/**
 * How often people may speak in a room, and when they last did, over all gateways: each tells the others who has spoken
 * in a room that is slow, and of other rooms nothing. So what two gateways are asked at the same moment may both be
 * said, and a gateway that was just started knows of nothing that was said before.
 */
@Injectable()
export class SlowModes implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #id = randomBytes(8).toString('hex');
  readonly #known = new KnownRooms<SlowModeTold>(MAX_ROOMS, KNOWN);
  // By their sizes and not by `max`, by which room for all of them is made at once: 21 ms and some megabytes.
  readonly #spoken = new LRUCache<string, Spoken>({
    maxSize: MAX_SPEAKERS,
    sizeCalculation: () => 1,
    ttl: MAX_SLOW_SECONDS * 1_000,
  });
  #stops: (() => void)[] = [];

  constructor(@Inject(EventLog) private readonly log: Pick<AskedLog, 'last' | 'live' | 'onHindrance'>) {}

  onApplicationBootstrap(): void {
    const { live } = this.log;
    const spoken = live.onSignal(SPOKE_TOPIC, (text) => {
      const spoke = readSignal<Spoke>(text, ['gateway', 'room', 'userId', 'key']);
      if (!spoke || spoke.gateway === this.#id) return;
      this.#spoken.set(speaker(spoke.room, spoke.userId), { key: spoke.key, at: performance.now() });
    });
    this.#stops = [
      ...this.#known.listen(this.log, SLOW_MODE_TOPIC, ['room', 'seq', 'seconds']),
      () => {
        spoken.stop();
      },
    ];
  }

  onApplicationShutdown(): void {
    for (const stop of this.#stops) stop();
  }

  /** How slow a room is, in seconds between two messages of a person; null where the log is to be asked first. */
  secondsOf(room: Room): SlowModeState | null {
    return this.#known.get(room)?.seconds ?? null;
  }

  /** Asks the log. @throws LogUnavailable, UnreadableEvent */
  async read(room: Room, deadline?: number): Promise<void> {
    const last = await this.log.last(room, 'mode', deadline);
    this.#known.take({ room, seq: last?.seq ?? 0, seconds: slowModeOf(last) });
  }

  /** How long ago somebody spoke in a room, in milliseconds; what is said again, as the same command, does not count. */
  sinceLastMs(room: Room, userId: string, key: string): number | null {
    const last = this.#spoken.get(speaker(room, userId));
    return !last || last.key === key ? null : performance.now() - last.at;
  }

  /**
   * Somebody speaks: from now on that counts here, and for the others once it was said. What is certainly not said does
   * not count, nor what is said again, as the same command.
   * @throws what `say` does
   */
  speak<T>(speech: Speech, say: () => Promise<T>): Promise<T> {
    return speech.seconds === 0 ? say() : this.#speakSlowly(speech, say);
  }

  async #speakSlowly<T>({ room, userId, key }: Speech, say: () => Promise<T>): Promise<T> {
    const who = speaker(room, userId);
    const before = this.#spoken.get(who);
    if (before?.key === key) return say();
    const now = { key, at: performance.now() };
    this.#spoken.set(who, now);
    const tell = (): void => {
      this.log.live.signal(SPOKE_TOPIC, JSON.stringify({ gateway: this.#id, room, userId, key } satisfies Spoke));
    };
    try {
      const said = await say();
      tell();
      return said;
    } catch (error) {
      if (error instanceof OutcomeUnknown) tell();
      else if (this.#spoken.get(who) === now) this.#forget(who, before);
      throw error;
    }
  }

  #forget(who: string, before: Spoken | undefined): void {
    if (before) this.#spoken.set(who, before);
    else this.#spoken.delete(who);
  }
}

const speaker = (room: Room, userId: string): string => `${room} ${userId}`;
