import { Injectable } from '@nestjs/common';

/** Milliseconds. */
const RECENT = 60_000;
const MAX_REMEMBERED = 200_000;

/** The ids of the messages that this gateway appended within the last minute, which the read model may not know yet. */
@Injectable()
export class RecentMessages {
  /** In the order of their times. */
  readonly #appended = new Map<string, number>();

  add(messageId: string, now = performance.now()): void {
    this.#appended.delete(messageId);
    this.#appended.set(messageId, now);
    for (const [oldest, at] of this.#appended) {
      if (now - at < RECENT && this.#appended.size <= MAX_REMEMBERED) break;
      this.#appended.delete(oldest);
    }
  }

  has(messageId: string, now = performance.now()): boolean {
    const at = this.#appended.get(messageId);
    return at !== undefined && now - at < RECENT;
  }
}
