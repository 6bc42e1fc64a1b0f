import { allEnded } from './all-ended.js';
import { Beside } from './beside.js';
import type { Clock } from './clock.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { Partition } from './partition.js';
import type { SweepInHand } from './sweep.js';

/** So long a pause at most: 10,000 documents are done within 30 s as long as a page takes no more than twice as much. */
const MAX_PAUSE_MS = 20;

export interface SweeperParts {
  /** Whether anybody is there whom it could disturb. */
  readonly announcing: boolean;
  readonly clock: Clock;
  readonly owned: OwnedPartitions;
  /** Finds out what is to be swept of it. */
  readonly begin: (partition: Partition) => Promise<void>;
  readonly page: (partition: Partition, sweep: SweepInHand<unknown>) => Promise<void>;
  readonly isOver: (partition: Partition) => void;
  /** Is told that there is something to look at: a page is done, or could not be. */
  readonly notice: () => void;
}

/**
 * Carries on what is swept of a worker's partitions, a page at a time, beside its rounds: none of them waits for a page.
 * After each page there is a pause as long as that took, so that whoever else writes has the database for themselves for
 * half of the time; but where a record waits for the sweep, or nobody is served yet, the next page follows at once.
 */
export class Sweeper {
  /** Whose turn it is. */
  private turn = 0;
  private dueAt = -Infinity;
  private readonly beside: Beside;

  constructor(private readonly parts: SweeperParts) {
    this.beside = new Beside(parts.notice);
  }

  /** The partitions are taken over anew. Nothing may be under way. */
  startOver(): void {
    this.dueAt = -Infinity;
    this.beside.startOver();
  }

  /** Until the next page is due; Infinity where there is none, and while one is under way. */
  get dueInMs(): number {
    const { sweeping } = this;
    if (this.beside.isUnderWay || sweeping.length === 0) return Infinity;
    const isAwaited = sweeping.some(({ sweep, awaitsSweep }) => !sweep!.hasBegun || awaitsSweep);
    return isAwaited || !this.parts.announcing ? 0 : Math.max(this.dueAt - this.parts.clock.now(), 0);
  }

  /** Begins with the next page where it is due. @throws what kept the last one from being done */
  goOn(): void {
    this.beside.check();
    if (this.dueInMs > 0) return;
    this.beside.begin(() => this.step());
  }

  /** Resolves once nothing is under way, by whatever end. */
  ended(): Promise<void> {
    return this.beside.ended();
  }

  private get sweeping(): Partition[] {
    return this.parts.owned.all.filter(({ sweep }) => sweep !== null);
  }

  /**
   * One page of one partition, so that it is short: of one in which records of a room wait for it, or else any, or of
   * each in turn.
   */
  private async step(): Promise<void> {
    const { clock, begin, page, isOver } = this.parts;
    const { sweeping } = this;
    await allEnded(sweeping.filter(({ sweep }) => !sweep!.hasBegun).map(begin));
    const beganAt = clock.now();
    const next =
      sweeping.find(({ swept }) => swept !== null) ??
      sweeping.find(({ awaitsSweep }) => awaitsSweep) ??
      sweeping[this.turn++ % sweeping.length]!;
    if (next.sweep?.isOver === false) await page(next, next.sweep);
    const endedAt = clock.now();
    this.dueAt = endedAt + Math.min(endedAt - beganAt, MAX_PAUSE_MS);
    for (const partition of sweeping) if (partition.sweep?.isOver) isOver(partition);
  }
}
