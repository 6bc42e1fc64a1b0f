import type { ReadModels } from '#read-models';
import { Beside } from './beside.js';
import type { Clock } from './clock.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { Partition } from './partition.js';
import type { CachedHead } from './round.js';
import type { WorkerOptions } from './worker-options.js';

/**
 * Heads, checkpoints and acks lag so far behind the documents, and by what is folded while they are saved: a take-over folds
 * that much again.
 */
const EVERY_MS = 250;
const EVERY_RECORDS = 5_000;

export interface SaverParts {
  readonly clock: Clock;
  readonly owned: OwnedPartitions;
  readonly live: Pick<WorkerOptions<never>['log']['live'], 'flush'>;
  readonly readModels: Pick<ReadModels, 'checkpoints'>;
  /** Whether nothing more is folded of it before what is folded is saved. */
  readonly isHeld: (partition: Partition) => boolean;
  readonly writeHeads: (heads: readonly CachedHead[]) => Promise<void>;
  readonly patiently: <T>(attempt: () => Promise<T>) => Promise<T>;
  readonly throwIfLost: () => void;
  /** Is told that something is saved, or could not be. */
  readonly notice: () => void;
}

/**
 * Saves now and then how far a worker's partitions are folded, beside its rounds: what they fold meanwhile is saved the
 * next time.
 */
export class Saver {
  private records = 0;
  private savedAt = 0;
  private readonly beside: Beside;

  constructor(private readonly parts: SaverParts) {
    this.beside = new Beside(parts.notice);
  }

  /** The partitions are taken over anew, from what is saved. Nothing may be under way. */
  startOver(): void {
    this.savedAt = this.parts.clock.now();
    this.beside.startOver();
  }

  hasFolded(records: number): void {
    this.records += records;
  }

  /** Until something is to be saved; Infinity where nothing is, and while that is under way. */
  get dueInMs(): number {
    const { clock, owned, isHeld } = this.parts;
    if (this.beside.isUnderWay || owned.areSaved) return Infinity;
    if (this.records >= EVERY_RECORDS || owned.all.some(isHeld)) return 0;
    return Math.max(this.savedAt + EVERY_MS - clock.now(), 0);
  }

  /** Begins to save where that is due. @throws what kept the last from being saved */
  goOn(): void {
    this.beside.check();
    if (this.dueInMs > 0) return;
    this.beside.begin(() => this.save());
  }

  /** Saves all that is folded. @throws what keeps it from being saved */
  async saveAll(): Promise<void> {
    await this.beside.ended();
    this.beside.check();
    await this.save();
  }

  /** Resolves once nothing is under way, by whatever end. */
  ended(): Promise<void> {
    return this.beside.ended();
  }

  /**
   * Live updates out, then the heads, then the checkpoints, then the acks: each step relies on the one before. To be begun
   * between two rounds.
   */
  private async save(): Promise<void> {
    const { clock, owned, live, readModels, writeHeads, patiently, throwIfLost } = this.parts;
    this.records = 0;
    this.savedAt = clock.now();
    // As it is now, with all that is told of it. One whose consumer has ended is left as it is to its next owner, this
    // worker or another.
    const moved = owned.all
      .filter(({ folded, saved, consumer }) => folded.seq !== saved && consumer.ended === null)
      .map((partition) => ({ partition, folded: partition.folded, heads: partition.dirtyHeads }));
    if (moved.length === 0) return;
    await live.flush();
    // What was published just before a loss may have reached nobody: it is folded, and published, once more.
    throwIfLost();
    const saves = moved.map(({ partition: { checkpointId: id, epoch }, folded }) => ({ id, epoch, ...folded }));
    const fenced = await patiently(async () => {
      await writeHeads(moved.flatMap(({ heads }) => heads));
      return readModels.checkpoints.save(saves);
    });
    const behind: Partition[] = [];
    for (const { partition, folded, heads } of moved) {
      if (fenced.includes(partition.checkpointId)) {
        // One that was let go of meanwhile may have been taken over anew.
        if (owned.has(partition)) behind.push(partition);
        continue;
      }
      partition.isSaved(folded.seq, heads);
      partition.consumer.ack(folded.seq);
    }
    if (behind.length > 0) await patiently(() => owned.drop(behind));
  }
}
