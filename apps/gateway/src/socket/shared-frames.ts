import { LRUCache } from 'lru-cache';
import { lengthOf } from './text-frame.js';

/** How long frames are kept for who comes next, in milliseconds, and how many bytes of them. */
const MOMENT = 2_000;
const KEPT_BYTES = 16 * 1024 * 1024;

/** Frames that are asked for by many within a moment are made once, and are the same bytes for all of them. */
export class SharedFrames {
  readonly #made = new LRUCache<string, readonly Buffer[]>({
    ttl: MOMENT,
    maxSize: KEPT_BYTES,
    sizeCalculation: (frames) => lengthOf(frames) + 1,
  });
  readonly #making = new Map<string, Promise<readonly Buffer[] | null>>();

  /** @param make null where there are none, which is not kept */
  async of(key: string, make: () => Promise<readonly Buffer[] | null>): Promise<readonly Buffer[] | null> {
    const made = this.#made.get(key);
    if (made) return made;
    const making = this.#making.get(key) ?? this.#make(key, make);
    this.#making.set(key, making);
    return making;
  }

  async #make(key: string, make: () => Promise<readonly Buffer[] | null>): Promise<readonly Buffer[] | null> {
    try {
      const frames = await make();
      if (frames) this.#made.set(key, frames);
      return frames;
    } finally {
      this.#making.delete(key);
    }
  }
}
