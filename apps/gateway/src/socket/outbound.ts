import type { Duplex } from 'node:stream';
import { lengthOf } from './text-frame.js';

/**
 * What waits to be written to one socket. Fan-out never waits for a socket: a reader who lets more than `limit` bytes
 * of it pile up is too slow. A list that the client asked for may be larger than that; it does not count, since one
 * waits at a time, and for so long only.
 */
export class Outbound {
  #list = 0;

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
