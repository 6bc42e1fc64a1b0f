import { setTimeout as sleep } from 'node:timers/promises';
import { reportOf, type StatusReport } from './report.js';
import { type LookedAt, type Sample, takeSample } from './sample.js';

/** Between two samples, ms. What the server says of the consumers is asked at most once a second. */
const INTERVAL_MS = 1_050;
/** A sample that is older says nothing of the rates of now, ms. */
const OLD_MS = 10_000;

/**
 * Looks at a system again and again: each look tells what is there, and how fast it went since the look before. Who asks
 * for the first one, or after a while, waits a second for it; all who ask at the same moment are told by one.
 */
export class Looks {
  #last: Sample | null = null;
  #report: Promise<StatusReport> | null = null;

  constructor(private readonly at: LookedAt) {}

  /** @throws LogUnavailable, ReadModelsUnavailable */
  look(): Promise<StatusReport> {
    this.#report ??= this.#look().finally(() => (this.#report = null));
    return this.#report;
  }

  async #look(): Promise<StatusReport> {
    const isOf = this.#last !== null && performance.now() - this.#last.takenAt < OLD_MS;
    const earlier = isOf ? this.#last! : await takeSample(this.at);
    await sleep(Math.max(0, earlier.takenAt + INTERVAL_MS - performance.now()));
    this.#last = await takeSample(this.at);
    return reportOf(earlier, this.#last);
  }
}
