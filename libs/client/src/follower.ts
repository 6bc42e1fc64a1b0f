import { fullJitter, RETRY } from './reconnecting.js';

/** A place within a room: `n` counts its messages, `rev` its changes. */
export interface Position {
  readonly n: number;
  readonly rev: number;
}

/** One frame about a message: that it is new, or that it has changed; it is there as it now is. */
export interface Told<M> {
  readonly isNew: boolean;
  /** What has changed is what it says, not the reactions to it. */
  readonly isEdit?: boolean;
  readonly message: M;
  /** Up to where everything was told, where that is not what the message says of itself. */
  readonly position?: Position | undefined;
}

/** What the server says of a room that was to be resumed; without `to`, it is none of theirs. */
export interface Resumed {
  readonly to?: Position;
  readonly recovered: boolean;
}

export interface FollowerParts<M> {
  readonly idOf: (message: M) => string;
  /** The latest messages of the room, oldest first, as they are now. */
  readonly latest: () => Promise<readonly M[]>;
  /** Whether anybody wants to see them where the room is followed from now on only. */
  readonly isShown: () => boolean;
  readonly told: (told: Told<M>) => void;
  /** What was known of the room does not hold any more: this is what there is. */
  readonly reset: (messages: readonly M[]) => void;
  /** Asks the server for what came after the position. */
  readonly resume: () => void;
}

/** So many changes of messages are told apart from their repetitions. */
const MAX_KNOWN = 2_000;

/** Up to where all was told once this was. */
const placeOf = <M extends Position>({ message, position }: Told<M>): Position => position ?? message;

/**
 * One room, followed over any number of connections: tells each message once and in order, and each change of one that
 * is newer than what was told. Between a new connection and the server's word that nothing is missing, what comes waits.
 */
export class Follower<M extends Position> {
  /** Up to where all was told, for sure. */
  #position: Position | null = null;
  /** The last message that was told. */
  #lastN = 0;
  /** What came since the connection began; null once nothing is missing. */
  #waiting: Told<M>[] | null = [];
  /** The last change of each message that was told, the latest of them last. */
  readonly #known = new Map<string, number>();
  #era = 0;
  /** Whether the server knew no such room when it was asked. */
  #isNone = false;

  constructor(private readonly parts: FollowerParts<M>) {}

  /** Null before there is one. */
  get position(): Position | null {
    return this.#position;
  }

  /** From now on, until {@link resumed}, what comes waits. */
  begin(): void {
    this.#era++;
    this.#isNone = false;
    this.#waiting = [];
  }

  /** There is no connection any more: what is under way is given up. */
  end(): void {
    this.#era++;
  }

  hear(told: Told<M>): void {
    const isMissing = !this.#waiting && told.isNew && told.message.n > this.#lastN + 1;
    if (this.#isNone || isMissing) {
      // They are in it now; or a message is missing, which none is as long as the server keeps its word.
      this.begin();
      this.parts.resume();
    }
    if (this.#waiting) this.#waiting.push(told);
    else {
      this.#tell(told);
      this.#reach(placeOf(told));
    }
  }

  async resumed({ to, recovered }: Resumed): Promise<void> {
    const era = this.#era;
    if (!to) {
      this.#isNone = true;
      this.#position = null;
      return;
    }
    if (!recovered && !this.#position && !this.parts.isShown()) this.#lastN = to.n;
    else if (!recovered) {
      const messages = await this.#latest(era);
      if (!messages) return;
      this.#known.clear();
      for (const message of messages) this.#know(message);
      this.#lastN = Math.max(to.n, messages.at(-1)?.n ?? 0);
      this.parts.reset(messages);
    }
    const waited = this.#waiting ?? [];
    this.#waiting = null;
    for (const told of waited.filter(({ isNew }) => isNew).sort((a, b) => a.message.n - b.message.n)) this.#tell(told);
    for (const told of waited) if (!told.isNew) this.#tell(told);
    this.#position = to;
    for (const told of waited) this.#reach(placeOf(told));
  }

  #tell(told: Told<M>): void {
    const { message } = told;
    const isNew = told.isNew && message.n > this.#lastN;
    // One that was told already, and is told as new again, may be another by now.
    const knownRev = this.#known.get(this.parts.idOf(message)) ?? (told.isNew ? Infinity : 0);
    if (!isNew && knownRev >= message.rev) return;
    this.#know(message);
    if (isNew) this.#lastN = message.n;
    this.parts.told(isNew === told.isNew ? told : { ...told, isNew, isEdit: true });
  }

  #reach(place: Position): void {
    if (place.rev > this.#position!.rev) this.#position = { n: place.n, rev: place.rev };
  }

  #know(message: M): void {
    const id = this.parts.idOf(message);
    this.#known.delete(id);
    this.#known.set(id, message.rev);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
  }

  /** Null where another connection has begun meanwhile. */
  async #latest(era: number): Promise<readonly M[] | null> {
    for (let attempt = 0; era === this.#era; attempt++) {
      try {
        const messages = await this.parts.latest();
        return era === this.#era ? messages : null;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, fullJitter(RETRY, attempt)));
      }
    }
    return null;
  }
}

/** So many are kept; older ones are in the history. */
const MAX_KEPT = 500;

/** The latest messages of a room as they are now, oldest first, without holes. */
export class Messages<M extends Position> {
  #list: readonly M[] = [];

  /** Another array whenever anything has changed. */
  get list(): readonly M[] {
    return this.#list;
  }

  reset(messages: readonly M[]): void {
    this.#list = messages;
  }

  /** @param change makes another message of one that it is about, else hands it back */
  change(change: (message: M) => M): void {
    this.#list = this.#list.map(change);
  }

  take({ isNew, message }: Told<M>): void {
    this.#list = isNew
      ? [...this.#list.slice(1 - MAX_KEPT), message]
      : this.#list.map((each) => (each.n === message.n ? message : each));
  }
}
