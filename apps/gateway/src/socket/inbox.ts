import type { SessionSocket } from './session-socket.js';

/** While more than this waits to be handled, no more is read from the socket. In bytes. */
const INBOUND_BYTES = 256 * 1024;

/** A frame that waits to be handled. */
export interface Waiting {
  readonly data: Buffer;
  readonly binary: boolean;
  /** On the monotonic clock. */
  readonly cameAt: number;
}

/** Handles a frame; a promise only where that takes longer than this call. */
export type Handling = (frame: Waiting) => Promise<void> | null;

/** The frames of one connection: they are handled one after the other, in the order they came. */
export class Inbox {
  readonly #queue: Waiting[] = [];
  #bytes = 0;
  #isBusy = false;
  #isEnding = false;
  #handle: Handling | null = null;

  /** @param ended what came before the end is handled */
  constructor(
    private readonly ws: SessionSocket,
    private readonly ended: () => void,
  ) {}

  /** How many wait. */
  get length(): number {
    return this.#queue.length;
  }

  put(frame: Waiting): void {
    this.#queue.push(frame);
    this.#bytes += frame.data.length;
    if (this.#bytes > INBOUND_BYTES) this.ws.pause();
    this.#goOn();
  }

  /** From now on frames are handled; those that came before have waited. */
  serve(handle: Handling): void {
    this.#handle = handle;
    this.#goOn();
  }

  /** No more is read. */
  end(): void {
    this.#isEnding = true;
    if (this.#isBusy) this.ws.pause();
    else this.ended();
  }

  /** Those that wait are not handled any more. */
  takeAll(): Waiting[] {
    return this.#queue.splice(0);
  }

  /** What waits of a connection that has ended, in whichever way, is dropped: nobody would hear what came of it. */
  #goOn(): void {
    if (this.#isBusy || !this.#handle) return;
    this.#isBusy = true;
    for (let next = this.#queue.shift(); next && this.ws.readyState === this.ws.OPEN; next = this.#queue.shift()) {
      const frame = next;
      const handling = this.#handle(frame);
      if (handling) {
        void handling.then(() => {
          this.#done(frame);
          this.#isBusy = false;
          this.#goOn();
        });
        return;
      }
      this.#done(frame);
    }
    this.#isBusy = false;
    if (this.#isEnding) this.ended();
  }

  #done({ data }: Waiting): void {
    this.#bytes -= data.length;
    if (!this.#isEnding && this.#bytes <= INBOUND_BYTES && this.ws.isPaused) this.ws.resume();
  }
}
