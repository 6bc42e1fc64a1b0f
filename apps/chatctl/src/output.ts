import { once } from 'node:events';

/**
 * What is printed by a command that prints much: as fast as it is taken, and no longer than somebody takes it. Whoever
 * reads it may stop, as `| head` does.
 */
export class Output {
  readonly #closing = new AbortController();

  constructor(private readonly out: NodeJS.WritableStream) {
    out.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#closing.abort();
    });
    out.on('close', () => {
      this.#closing.abort();
    });
  }

  /** Aborted when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Resolves once there is room for more, or nobody reads any more. */
  async write(text: string | Uint8Array): Promise<void> {
    if (text.length === 0 || this.closed.aborted || this.out.write(text)) return;
    await once(this.out, 'drain', { signal: this.closed }).catch((error: unknown) => {
      if (!this.closed.aborted) throw error;
    });
  }

  /** Resolves once all that was written is taken, or nobody reads any more. */
  async end(): Promise<void> {
    if (this.closed.aborted) return;
    await new Promise<void>((resolve) => {
      this.closed.addEventListener('abort', () => {
        resolve();
      });
      this.out.write('', () => {
        resolve();
      });
    });
  }
}
