/** An answer that takes the server longer than this is one that it syncs for: 9 to 50 µs without, 150 and more with. */
const SYNC_MS = 0.1;
/** Fewer than this in flight say nothing: a process that waits for its turn on a busy machine looks like a disk then. */
const ENOUGH = 256;
/** What was found is true for so long, ms: the server may be another one then. */
const TRUE_FOR_MS = 30_000;
/** With a disk in it, a batch is 5 to 20 times quicker than its events by themselves: where it is not, there is none. */
const GAIN = 3;
/** Of fewer in a batch that is not to be expected. */
const LARGE = 128;

/**
 * Whether the stream syncs each message to the disk before it answers, which it says nowhere: found by how long it takes
 * for half of many that are in flight, and given up where batches are hardly quicker: then the server only had to wait
 * for a processor. Answers count by when they could be read, so that a process that reads late does not take the server
 * for slow.
 */
export class Syncing {
  private until = -Infinity;
  /** Not looked for before. */
  private from = -Infinity;
  /** For each message, ms, when it was found. */
  private pace = 0;
  private slowBatches = 0;
  private sample: Sample | null = null;

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
      if (unanswered < ENOUGH || at < this.from) return;
      this.sample = { last, at, half: unanswered / 2, left: unanswered, before: at };
    } else if (sample.left > sample.half) sample.before = at;
    else {
      this.sample = null;
      const pace = (sample.before - sample.at) / sample.half;
      if (pace <= SYNC_MS) return;
      this.pace = pace;
      this.until = at + TRUE_FOR_MS;
    }
  }

  /** A batch that was stored, and how long that took. */
  stored(size: number, tookMs: number): void {
    if (size < LARGE) return;
    this.slowBatches = tookMs / size > this.pace / GAIN ? this.slowBatches + 1 : 0;
    if (this.slowBatches < 2) return;
    this.forget();
    this.from = performance.now() + TRUE_FOR_MS;
  }

  /** What was found is of another connection. */
  forget(): void {
    this.sample = null;
    this.slowBatches = 0;
    this.until = -Infinity;
    this.from = -Infinity;
  }
}

interface Sample {
  /** What was sent last of it. */
  readonly last: number;
  readonly at: number;
  readonly half: number;
  left: number;
  /** When half of it was certainly not answered yet. */
  before: number;
}
