import type { Duplex } from 'node:stream';

/** Larger answers are awaited before the next frame of their client is looked at. */
const LARGE_REPLY = 64 * 1024;

/**
 * What waits to be written to one socket. Fan-out never waits for a socket: a reader who lets more than `limit` bytes
 * of it pile up is too slow. An answer that the client asked for may be larger than that; it does not count, since at
 * most one large one waits at a time.
 */
export class Outbound {
  #replies = 0;

  constructor(
    private readonly socket: Duplex,
    private readonly limit: number,
  ) {}

  get tooSlow(): boolean {
    return this.socket.writableLength - this.#replies > this.limit;
  }

  /** @param frames whole frames, one or several */
  write(frames: Buffer): void {
    this.socket.write(frames);
  }

  /** A promise where the answer is a large one: it resolves once it has gone, or the socket is closed. */
  reply(frame: Buffer): Promise<void> | undefined {
    if (frame.length < LARGE_REPLY) {
      this.socket.write(frame);
      return undefined;
    }
    this.#replies += frame.length;
    return new Promise((resolve) => {
      const done = (): void => {
        this.socket.off('close', done);
        this.#replies -= frame.length;
        resolve();
      };
      this.socket.once('close', done);
      this.socket.write(frame, () => {
        if (!this.socket.destroyed) done();
      });
    });
  }
}
