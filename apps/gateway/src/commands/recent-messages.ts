import { Injectable } from '@nestjs/common';

/** Milliseconds. */
const RECENT = 60_000;
const MAX_REMEMBERED = 200_000;

/** The ids of the messages that this gateway appended within the last minute, which the read model may not know yet. */
@Injectable()
export class RecentMessages {
  /** Where each is among the latest, which take each other's places in turn: what knows of nothing but that costs a fifth. */
  readonly #places = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #addedAt: number[] = [];
  #next = 0;

  add(messageId: string): void {
    const place = this.#next;
    this.#next = (place + 1) % MAX_REMEMBERED;
    const oldest = this.#ids[place];
    if (oldest !== undefined && this.#places.get(oldest) === place) this.#places.delete(oldest);
    this.#ids[place] = messageId;
    this.#addedAt[place] = performance.now();
    this.#places.set(messageId, place);
  }

  has(messageId: string): boolean {
    const place = this.#places.get(messageId);
    return place !== undefined && performance.now() - this.#addedAt[place]! <= RECENT;
  }
}
