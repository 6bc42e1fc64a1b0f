/** An answer that takes the server longer than this is one that it syncs for: 9 to 50 µs without, 150 and more with. */
const SYNC_MS = 0.1;
/** Fewer than this in flight say nothing: a process that waits for its turn on a busy machine looks like a disk then. */
const ENOUGH = 256;
/** Then it is found anew: the server may be another one. */
const TRUE_FOR_MS = 30_000;

/**
 * Whether the stream syncs each message to the disk before it answers, which it says nowhere: found by how long it takes
 * for half of many that are in flight. It is asked for when the answers come, and by their time, so that a process that
 * reads them late does not take the server for slow.
 */
export class Syncing {
  private until = -Infinity;
  private sample: { readonly last: number; readonly at: number; readonly half: number; left: number } | null = null;

  get found(): boolean {
    return performance.now() < this.until;
  }

  /** Each answer, by the number of what was sent. */
  answered(token: number): void {
    if (this.sample && token <= this.sample.last) this.sample.left -= 1;
  }

  /**
   * After what has come at once was read.
   * @param at when its last answer came
   * @param last the number of what was sent last
   */
  read(at: number, unanswered: number, last: number): void {
    const { sample } = this;
    if (!sample) {
      if (unanswered >= ENOUGH) this.sample = { last, at, half: unanswered / 2, left: unanswered };
    } else if (sample.left <= sample.half) this.sample = null;
    else if (at - sample.at > sample.half * SYNC_MS) {
      this.sample = null;
      this.until = at + TRUE_FOR_MS;
    }
  }

  /** What was found is of another connection. */
  forget(): void {
    this.sample = null;
    this.until = -Infinity;
  }
}
