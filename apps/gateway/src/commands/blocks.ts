import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type BlockersState, blockersOf, type RecordedEvent, type Room } from '#domain';
import { type AskedLog, EventLog } from '#event-store';
import { KnownRooms } from './known-rooms.js';

/** The signal of who blocks whom in a direct chat, from now on. */
const TOPIC = 'blocks';
/** So long it is known without asking the log that nobody blocks the other; a change is told at once. Milliseconds. */
const KNOWN = 600_000;
const MAX_CHATS = 100_000;

/** With the sequence of its event. */
interface Told {
  readonly room: Room;
  readonly seq: number;
  readonly blockers: BlockersState;
}

/**
 * Who blocks whom in direct chats, for what is decided before anything is in the log: as each gateway tells the others.
 * What becomes of a message that comes in between is decided by the fold, in the order of the log.
 */
@Injectable()
export class Blocks implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #known = new KnownRooms<Told>(MAX_CHATS, KNOWN);
  #stops: (() => void)[] = [];

  constructor(@Inject(EventLog) private readonly log: Pick<AskedLog, 'last' | 'live' | 'onHindrance'>) {}

  onApplicationBootstrap(): void {
    this.#stops = this.#known.listen(this.log, TOPIC, ['room', 'seq', 'blockers']);
  }

  onApplicationShutdown(): void {
    for (const stop of this.#stops) stop();
  }

  /**
   * Who of the two people of a chat blocks the other. That somebody does is asked of the log each time, since nothing is
   * as bad as to refuse for good what is not blocked any more.
   * @throws LogUnavailable, UnreadableEvent
   */
  async of(room: Room, deadline?: number): Promise<BlockersState> {
    const known = this.#known.get(room);
    if (known?.blockers.length === 0) return known.blockers;
    const last = await this.log.last(room, 'block', deadline);
    return this.#known.take({ room, seq: last?.seq ?? 0, blockers: blockersOf(last) }).blockers;
  }

  /** Tells every gateway of the last decision about a chat. */
  tell(last: RecordedEvent): void {
    const { room, seq } = last;
    const told: Told = { room, seq, blockers: blockersOf(last) };
    this.#known.take(told);
    this.log.live.signal(TOPIC, JSON.stringify(told));
  }
}
