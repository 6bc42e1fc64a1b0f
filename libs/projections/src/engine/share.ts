import { PARTITIONS } from '#domain';
import type { LiveSubscription } from '#event-store';
import type { Clock } from './clock.js';
import { ownersOf } from './sharing.js';
import type { PresentWorkers } from './worker-options.js';

/** How often a worker beats and reads who else is there. It is gone for the others 3 s after its last beat. */
const BEAT_MS = 1_000;

const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

/**
 * Which partitions of a projection are this worker's, as it last read who is at work on it. With nobody to share with
 * (`workers` is null) all of them are.
 */
export class Share {
  private mine: readonly number[] = [];
  private readonly benched = new Set<number>();
  private readonly declined = new Set<number>();
  private cancelBeat: (() => void) | null = null;
  private announcements: LiveSubscription | null = null;
  private reading: Promise<void> | null = null;
  /** Whether the workers may have changed since they were last asked for. */
  private isStale = false;

  /** @param onChange is called when the share is another */
  constructor(
    private readonly group: string,
    private readonly worker: string,
    private readonly workers: PresentWorkers | null,
    private readonly clock: Clock,
    private readonly onChange: () => void,
  ) {}

  get partitions(): readonly number[] {
    return this.mine.filter((partition) => !this.benched.has(partition));
  }

  includes(partition: number): boolean {
    return this.mine.includes(partition);
  }

  /** Leaves a partition alone until the workers are read again: somebody else saw them otherwise. */
  bench(partition: number): void {
    this.benched.add(partition);
  }

  /** From now on a partition is another worker's, if there is one that can fold it on; whether that is news. */
  decline(partition: number): boolean {
    if (this.declined.has(partition)) return false;
    this.declined.add(partition);
    // Whoever is told looks at once, when it is said already.
    void this.readAgain().then(() => this.workers?.announce(this.group));
    return true;
  }

  /** From now on this worker is one of those that share. @throws LogUnavailable */
  async join(): Promise<void> {
    if (!this.workers) {
      this.mine = ALL;
      return;
    }
    await this.read();
    this.workers.announce(this.group);
    this.announcements ??= this.workers.onAnnounced(this.group, () => void this.readAgain());
    if (!this.cancelBeat) this.beatLater();
  }

  /** Leaves all of it to the others, at once. Where the log is away they see it within 3 s. */
  async leave(): Promise<void> {
    this.cancelBeat?.();
    this.cancelBeat = null;
    this.announcements?.stop();
    this.announcements = null;
    // A beat that comes after the leaving would make this one present again.
    await this.reading;
    this.mine = [];
    try {
      await this.workers?.leave(this.group, this.worker);
    } catch {
      // The log is away: the beat runs out by itself.
    }
  }

  private beatLater(): void {
    this.cancelBeat = this.clock.after(BEAT_MS, () => {
      this.beatLater();
      void this.readAgain();
    });
  }

  /** Beats, and reads who is there. A log that is away changes nothing: whoever can reach it takes over, and fences. */
  private async readAgain(): Promise<void> {
    this.isStale = true;
    this.reading ??= this.readWhileStale().finally(() => (this.reading = null));
    await this.reading;
  }

  /** Once more where something was announced meanwhile: the answer may be older than that. */
  private async readWhileStale(): Promise<void> {
    while (this.isStale) {
      this.isStale = false;
      // The worker notices by itself that the log is away.
      await this.read().catch(() => undefined);
    }
  }

  private async read(): Promise<void> {
    if (!this.workers) return;
    await this.workers.beat(this.group, this.worker, [...this.declined]);
    const owners = ownersOf(this.group, await this.workers.present(this.group));
    const mine = ALL.filter((partition) => owners[partition] === this.worker);
    const changed = this.benched.size > 0 || mine.join() !== this.mine.join();
    this.mine = mine;
    this.benched.clear();
    if (changed) this.onChange();
  }
}
