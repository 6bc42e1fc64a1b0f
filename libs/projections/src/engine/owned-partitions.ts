import { PARTITIONS, partitionOf, type Room } from '#domain';
import type { Checkpoints } from '#read-models';
import type { Partition } from './partition.js';
import type { Heads } from './round.js';
import type { Share } from './share.js';
import { CheckpointsGone } from './take-over.js';
import type { WorkerLog } from './worker-options.js';

/** An event that only a newer release can read, before which a partition stands still. */
export interface Newer {
  readonly partition: number;
  readonly seq: number;
  /** Its type and version. */
  readonly what: string;
}

/**
 * The partitions that a worker owns, as far as it knows: whether somebody else has taken one over meanwhile, only its
 * checkpoint says.
 */
export class OwnedPartitions {
  private readonly partitions = new Map<number, Partition>();
  /** The heads of all of them. */
  readonly heads: Heads = { get: (id) => this.ownerOfHead(id)?.heads.get(id) };

  /** @param name of the version, in logs */
  constructor(
    private readonly name: string,
    private readonly checkpoints: Pick<Checkpoints, 'read'>,
    private readonly share: Share,
    private readonly logger: WorkerLog,
  ) {}

  get all(): Partition[] {
    return [...this.partitions.values()];
  }

  get numbers(): number[] {
    return [...this.partitions.keys()].sort((a, b) => a - b);
  }

  /** Those that stand still before an event of a newer release. */
  get newer(): Newer[] {
    return this.all.flatMap(({ number: partition, newer }) =>
      newer === null ? [] : [{ partition, seq: newer.seq, what: `${newer.type} version ${newer.version}` }],
    );
  }

  /** Those of which something is fetched and not folded. */
  get waiting(): Partition[] {
    return this.all.filter((partition) => partition.hasWaiting);
  }

  /** Whether all that is folded of them is saved. */
  get areSaved(): boolean {
    return this.all.every(({ folded, saved }) => folded.seq === saved);
  }

  has(partition: Partition): boolean {
    return this.partitions.get(partition.number) === partition;
  }

  /** A head's `_id` is its room. */
  ownerOfHead(id: string): Partition | undefined {
    return this.partitions.get(partitionOf(id as Room));
  }

  /** How many of their records are not folded for good, by the log's own count. @throws LogUnavailable */
  async lag(): Promise<number> {
    const lags = await Promise.all(this.all.map(({ consumer }) => consumer.lag()));
    return lags.reduce((sum, lag) => sum + lag, 0);
  }

  takeOver(taken: readonly Partition[]): void {
    for (const partition of taken) this.partitions.set(partition.number, partition);
    if (taken.length > 0) this.say('takes over', taken);
  }

  /** To those whose share they are. */
  async handOver(leaving: readonly Partition[]): Promise<void> {
    this.say('hands over', leaving);
    await this.letGo(leaving, true);
  }

  /**
   * Lets go of partitions that may not be folded on as they are.
   * @throws CheckpointsGone
   */
  async drop(partitions: readonly Partition[]): Promise<void> {
    const fenced = await this.fencedOf(partitions);
    const others = partitions.filter((partition) => !fenced.includes(partition));
    if (others.length > 0) this.say('has lost the consumers of', others);
    await Promise.all([this.leave(fenced), this.letGo(others, false)]);
  }

  /** Lets go of those of them that another worker has taken over; whether there are any. @throws CheckpointsGone */
  async dropFenced(partitions: readonly Partition[]): Promise<boolean> {
    const fenced = await this.fencedOf(partitions);
    await this.leave(fenced);
    return fenced.length > 0;
  }

  /** @param areTaken whether somebody has taken them over, or is about to */
  async letGo(partitions: readonly Partition[], areTaken: boolean): Promise<void> {
    // Once let go of, it may have been taken over anew.
    for (const partition of partitions) if (this.has(partition)) this.partitions.delete(partition.number);
    await Promise.all(partitions.map((partition) => partition.close(areTaken)));
  }

  /** Those that another worker has taken over. @throws CheckpointsGone */
  private async fencedOf(partitions: readonly Partition[]): Promise<Partition[]> {
    if (partitions.length === 0) return [];
    const stored = await this.checkpoints.read(partitions.map(({ checkpointId: id }) => id));
    const gone = partitions.flatMap(({ checkpointId: id }) => (stored.has(id) ? [] : [id]));
    if (gone.length > 0) throw new CheckpointsGone(gone);
    return partitions.filter(({ checkpointId: id, epoch }) => stored.get(id)!.epoch !== epoch);
  }

  /** Leaves those that somebody else has taken over alone until the share is read again. */
  private async leave(fenced: readonly Partition[]): Promise<void> {
    // What was let go of while it was asked for may have been taken over anew.
    const left = fenced.filter((partition) => this.has(partition));
    if (left.length === 0) return;
    this.say('is fenced off', left);
    for (const { number } of left) this.share.bench(number);
    await this.letGo(left, true);
  }

  private say(what: string, partitions: readonly Partition[]): void {
    const of =
      partitions.length === PARTITIONS
        ? 'all partitions'
        : `partitions ${partitions.map(({ number }) => number).join(', ')}`;
    this.logger.log(`projection ${this.name}: this worker ${what} ${of}`);
  }
}
