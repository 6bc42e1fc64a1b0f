import type { Change } from '#read-models';

/** Changes of one message are told at most four times a second. Milliseconds. */
const INTERVAL = 250;

interface Paced {
  readonly timer: NodeJS.Timeout;
  /** What came since the last one was told: the latest, or null. */
  held: Change | null;
}

/**
 * Tells changes of messages that are there: of each message the first at once, and of those that follow within the
 * interval only the last, at its end. Each is told with the whole message, all reactions included, to everybody in the
 * room, so that one person at play would be a flood. Those of different messages may change places.
 */
export class ChangePace {
  readonly #messages = new Map<string, Paced>();

  constructor(private readonly tell: (change: Change) => void) {}

  take(change: Change): void {
    const { messageId } = change.message;
    const paced = this.#messages.get(messageId);
    if (paced) {
      paced.held = change;
      return;
    }
    this.#messages.set(messageId, { timer: setTimeout(this.#end, INTERVAL, messageId), held: null });
    this.tell(change);
  }

  /** Tells nothing until {@link resume}. */
  pause(): void {
    for (const { timer } of this.#messages.values()) clearTimeout(timer);
  }

  resume(): void {
    for (const messageId of [...this.#messages.keys()]) this.#end(messageId);
  }

  /** What is held is never told. */
  forget(): void {
    this.pause();
    this.#messages.clear();
  }

  readonly #end = (messageId: string): void => {
    const paced = this.#messages.get(messageId);
    this.#messages.delete(messageId);
    if (paced?.held) this.take(paced.held);
  };
}
