import type { DirectChatThen, MessageThen, RoomStep, RoomThen, Service } from '@parley/client/service';

/** So many messages are shown, of the last. */
const LAST = 50;
/** So many events are asked for at a time, and again once so few are left. */
const STEPS = 200;
const FEW = 50;

/** A room at a moment, as the server folded it. */
export interface Shown {
  /** Of its last event. */
  readonly seq: number;
  /** When the log stored that, ms since 1970. */
  readonly at: number;
  /** Of the event; empty where it was not stepped to. */
  readonly type: string;
  readonly messages: readonly MessageThen[];
  readonly chat: DirectChatThen | null;
}

/** A room from its first event to its last one, at one moment after the other. */
export class Past {
  shown: Shown;
  #ahead: RoomStep[] = [];
  /** Whether there are more than those. */
  #hasMore = true;
  #asking: Promise<void> | null = null;

  private constructor(
    private readonly service: Service,
    readonly room: string,
    /** When its first event was stored, and its last one, ms since 1970. */
    readonly first: number,
    readonly last: number,
    /** Of its first event: there was no room before it. */
    readonly firstSeq: number,
    then: RoomThen,
  ) {
    this.shown = shownOf(then);
    this.#hasMore = false;
  }

  /** At its end. @throws RequestFailed */
  static async open(service: Service, room: string): Promise<Past> {
    const then = await service.at(room, '9999-12-31', { last: LAST });
    let { seq, at } = then;
    for await (const line of service.log({ room, limit: 1 })) {
      if (line.kind === 'event' || line.kind === 'unreadable') ({ seq, storedAt: at } = line.event);
    }
    return new Past(service, room, Date.parse(at!), Date.parse(then.at!), seq, then);
  }

  /** Whether there are events after what is shown, and none of them is here. */
  get isBehind(): boolean {
    return this.#ahead.length === 0 && this.#hasMore;
  }

  /** @param when a sequence, or ms since 1970 @throws RequestFailed */
  async goTo(when: { readonly seq: number } | { readonly time: number }): Promise<void> {
    const place = 'seq' in when ? when.seq : new Date(when.time).toISOString();
    const then = await this.service.at(this.room, place, { last: LAST, steps: STEPS });
    this.shown = shownOf(then);
    this.#ahead = [...then.steps!];
    this.#hasMore = then.steps!.length === STEPS;
    this.#asking = null;
  }

  /** Shows what the next event led to; false where there is none. @throws RequestFailed */
  async next(): Promise<boolean> {
    if (this.isBehind) await this.#more();
    return this.#take();
  }

  /**
   * The same for all that are due at a time, ms since 1970, as far as they are here; more are asked for in time.
   * @throws RequestFailed where those cannot be had: who plays on asks again
   */
  async playTo(time: number): Promise<void> {
    while (this.#ahead[0] && Date.parse(this.#ahead[0].at) <= time) this.#take();
    if (this.#ahead.length < FEW && this.#hasMore) await this.#more();
  }

  #take(): boolean {
    const step = this.#ahead.shift();
    if (!step) return false;
    const messages = new Map(this.shown.messages.map((message) => [message.n, message]));
    for (const message of step.messages) messages.set(message.n, message);
    const { seq, at, type, chat } = step;
    this.shown = { seq, at: Date.parse(at), type, chat, messages: [...messages.values()].slice(-LAST) };
    return true;
  }

  #more(): Promise<void> {
    if (this.#asking) return this.#asking;
    const from = this.#ahead.at(-1)?.seq ?? this.shown.seq;
    const asking = this.service.at(this.room, from, { last: LAST, steps: STEPS }).then(
      ({ steps }) => {
        if (this.#asking !== asking) return;
        this.#asking = null;
        this.#ahead.push(...steps!);
        this.#hasMore = steps!.length === STEPS;
      },
      (error: unknown) => {
        // Somebody went elsewhere meanwhile: nobody waits for it.
        if (this.#asking !== asking) return;
        this.#asking = null;
        throw error;
      },
    );
    this.#asking = asking;
    return asking;
  }
}

const shownOf = ({ seq, at, messages, chat }: RoomThen): Shown => ({
  ...{ seq, at: Date.parse(at!), type: '', messages, chat },
});
