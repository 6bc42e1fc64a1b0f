import type { Duplex } from 'node:stream';
import { lengthOf } from './text-frame.js';

/** Of so many things that are told of softly, the latest is kept while the socket takes nothing. */
const MAX_KEPT = 1_000;

/** Makes the frame that is due by then; null where there is nothing to be told any more. */
export type Later = () => Buffer | null;

/**
 * What waits to be written to one socket. Fan-out never waits for a socket: a reader who lets more than `limit` bytes
 * of it pile up is too slow. A list that the client asked for may be larger than that; it does not count, since one
 * waits at a time, and for so long only. What may be late or left out is not among what piles up.
 */
export class Outbound {
  #list = 0;
  /** The oldest first; null while nothing was ever kept. */
  #kept: Map<string, Later> | null = null;

  constructor(
    private readonly socket: Duplex,
    private readonly limit: number,
  ) {}

  get tooSlow(): boolean {
    return this.socket.writableLength - this.#list > this.limit;
  }

  /** Whether a list is on its way: what is written behind it has not left yet. */
  get isBlocked(): boolean {
    return this.#list > 0;
  }

  /** @param frames whole frames, one or several */
  write(frames: Buffer): void {
    this.socket.write(frames);
  }

  /**
   * Writes a frame that may be left out, while the socket takes what it is given; otherwise keeps what makes another in
   * its place, once it does again: of each key the latest, and nothing where that is null.
   */
  writeSoftly(key: string, frame: Buffer, later: Later | null): void {
    if (!this.socket.writableNeedDrain) {
      this.write(frame);
      return;
    }
    if (!later) return;
    const kept = (this.#kept ??= new Map<string, Later>());
    if (kept.size === 0) this.#catchUpAfterDrain(kept);
    kept.delete(key);
    kept.set(key, later);
    if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
  }

  #catchUpAfterDrain(kept: Map<string, Later>): void {
    this.socket.once('drain', () => {
      for (const [key, later] of kept) {
        if (this.socket.writableNeedDrain) {
          this.#catchUpAfterDrain(kept);
          return;
        }
        kept.delete(key);
        const frame = later();
        if (frame) this.write(frame);
      }
    });
  }

  /** Resolves once the frame has gone, or the socket is closed. One at a time. */
  writeList(pieces: readonly Buffer[]): Promise<void> {
    const { socket } = this;
    this.#list = lengthOf(pieces);
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('close', done);
        this.#list = 0;
        resolve();
      };
      socket.once('close', done);
      socket.cork();
      for (const piece of pieces.slice(0, -1)) socket.write(piece);
      socket.write(pieces.at(-1)!, () => {
        if (!socket.destroyed) done();
      });
      socket.uncork();
    });
  }
}
