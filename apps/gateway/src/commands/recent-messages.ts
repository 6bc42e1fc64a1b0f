import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** Milliseconds. */
const RECENT = 60_000;
const MAX_REMEMBERED = 200_000;

/** The ids of the messages that this gateway appended within the last minute, which the read model may not know yet. */
@Injectable()
export class RecentMessages {
  readonly #appended = new LRUCache<string, true>({ max: MAX_REMEMBERED, ttl: RECENT });

  add(messageId: string): void {
    this.#appended.set(messageId, true);
  }

  has(messageId: string): boolean {
    return this.#appended.has(messageId);
  }
}
