import type { Change, Position } from '#projections';

/** Changes of one message are told at most four times a second. Milliseconds. */
const INTERVAL = 250;
/** A change with no more reactions than this costs about what a new message does. */
const FEW = 20;
/** Of changes with more, so many reactions are told in a room: four times a second those of the fullest message. */
const REACTIONS_PER_SECOND = 2_000;

interface Paced {
  readonly timer: NodeJS.Timeout;
  /** What came since the last one was told: the latest, or null. */
  held: Change | null;
}

/**
 * Tells changes of the messages of one room that are there: of each message the first at once, and of those that follow
 * within the interval only the last, at its end. Each is told with the whole message, all reactions included, to
 * everybody in the room, so that one person at play would be a flood: with many messages too, so those that carry many
 * reactions also wait for each other. Those of different messages may change places.
 */
export class ChangePace {
  /** Those of which something was told just now. */
  readonly #messages = new Map<string, Paced>();
  /** The latest changes of those that wait for the room, in the order of their turns. */
  readonly #waiting = new Map<string, Change>();
  /** Of each message of which changes are not told yet, where the room stood before the first of them; the lowest first. */
  readonly #untold = new Map<string, Position>();
  /** When the reactions that were told have had their time, on the monotonic clock. */
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly tell: (change: Change) => void) {}

  /** Up to where everything was told, where something is held; else null. */
  get toldUpTo(): Position | null {
    const [lowest] = this.#untold.values();
    return lowest ?? null;
  }

  /** @param before where the room stood then */
  take(change: Change, before: Position): void {
    const { messageId } = change.message;
    if (!this.#untold.has(messageId)) this.#untold.set(messageId, before);
    this.#take(change);
  }

  /** The message is otherwise now: what is held of it is told as it is. */
  amend(message: Change['message']): void {
    const { messageId } = message;
    const paced = this.#messages.get(messageId);
    if (paced?.held) paced.held = { ...paced.held, message };
    const waiting = this.#waiting.get(messageId);
    if (waiting) this.#waiting.set(messageId, { ...waiting, message });
  }

  /** Tells nothing until {@link resume}. */
  pause(): void {
    clearTimeout(this.#timer);
    for (const { timer } of this.#messages.values()) clearTimeout(timer);
  }

  resume(): void {
    for (const messageId of [...this.#messages.keys()]) this.#end(messageId);
    this.#goOn();
  }

  /** What is held is never told. */
  forget(): void {
    this.pause();
    this.#messages.clear();
    this.#waiting.clear();
    this.#untold.clear();
  }

  #take(change: Change): void {
    const { messageId, reactions } = change.message;
    const paced = this.#messages.get(messageId);
    if (paced) paced.held = change;
    else if (reactions.length <= FEW) this.#tell(change);
    else {
      this.#waiting.set(messageId, change);
      this.#goOn();
    }
  }

  #tell(change: Change): void {
    const { messageId } = change.message;
    this.#waiting.delete(messageId);
    this.#untold.delete(messageId);
    this.#messages.set(messageId, { timer: setTimeout(this.#end, INTERVAL, messageId), held: null });
    this.tell(change);
  }

  readonly #goOn = (): void => {
    clearTimeout(this.#timer);
    for (const change of this.#waiting.values()) {
      const now = performance.now();
      if (this.#freeAt > now) {
        this.#timer = setTimeout(this.#goOn, this.#freeAt - now);
        return;
      }
      this.#freeAt = now + (change.message.reactions.length / REACTIONS_PER_SECOND) * 1_000;
      this.#tell(change);
    }
  };

  readonly #end = (messageId: string): void => {
    const paced = this.#messages.get(messageId);
    this.#messages.delete(messageId);
    if (paced?.held) this.#take(paced.held);
  };
}
