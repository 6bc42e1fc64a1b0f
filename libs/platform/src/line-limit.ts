import type { Logger } from '@nestjs/common';

export interface LineLimitOptions {
  /** What they are written as; a warning by default. */
  readonly level?: 'warn' | 'error';
  /** So many lines within each interval are written as they are; 1 or more. */
  readonly lines: number;
  readonly intervalMs: number;
}

/**
 * Keeps a log from being flooded by what others can bring about: of the lines beyond the limit their number is written,
 * at the end of the interval, and the last of them.
 */
export class LineLimit {
  #written = 0;
  #more = 0;
  #last = '';

  constructor(
    private readonly logger: Pick<Logger, 'warn' | 'error'>,
    private readonly options: LineLimitOptions,
  ) {}

  /** @param stack is written below it */
  say(line: string, stack?: string): void {
    if (this.#written === 0) setTimeout(this.#end, this.options.intervalMs).unref();
    if (this.#written < this.options.lines) {
      this.#written++;
      this.logger[this.options.level ?? 'warn'](line, ...(stack === undefined ? [] : [stack]));
    } else {
      this.#more++;
      this.#last = line;
    }
  }

  readonly #end = (): void => {
    this.#written = 0;
    const more = this.#more;
    this.#more = 0;
    if (more > 0) this.say(`${more} more within ${this.options.intervalMs / 1_000} s, the last: ${this.#last}`);
  };
}
