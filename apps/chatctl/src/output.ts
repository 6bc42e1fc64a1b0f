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

/** A text in quotes, on one line, that does nothing to a terminal. */
export const quoted = (text: string): string => plain(JSON.stringify(text));

/**
 * Without the characters that a terminal acts upon, and those that show a text as another one than it is: the latter
 * turn or hide parts of it. The one that joins emojis stays.
 */
export const plain = (text: string): string =>
  text.replace(/(?!\u200d)[\p{Cc}\p{Cf}]/gu, (control) =>
    control.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

/** Rows as lines: the first column to the left, the others, which are figures, to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' '),
  );
}
