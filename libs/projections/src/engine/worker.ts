import { StreamMismatch } from '#event-store';
import { type DocumentStore, versionName } from '#read-models';
import { type Clock, sleep, systemClock } from './clock.js';
import { type Newer, OwnedPartitions } from './owned-partitions.js';
import type { Partition } from './partition.js';
import { Patience } from './patience.js';
import { Pauses } from './pauses.js';
import { collectionsOf } from '../projection.js';
import { Rounds } from './rounds.js';
import { Share } from './share.js';
import { checkCheckpoints, CheckpointsGone, LogMismatch, LogRestored, VersionGone } from './take-over.js';
import { backoff, TakeOvers } from './take-overs.js';
import type { WorkerOptions } from './worker-options.js';

/** See {@link WorkerOptions.paceMs}. */
const PACE_MS = 16;
/** So long nothing comes before it is asked whether what is held is still its own. */
const QUIET_MS = 5_000;

/**
 * - `running`: folds the partitions that are its share.
 * - `waiting`: a server is away; goes on by itself.
 * - `refused`: the read models do not belong to this log, or the log is not one for this program; it has stopped.
 * - `emptied`: what it had folded is gone from the read models; it has stopped, and another version has to be begun.
 * - `outdated`: the same, since the log was restored from a backup.
 */
export type WorkerState = 'starting' | 'running' | 'waiting' | Ending | 'stopped';

/**
 * Runs one projection over its share of the log's partitions. The order of things is what makes it survive being killed
 * anywhere: the documents of a round, then its live updates; now and then the heads, then the checkpoint, which only
 * the holder of the highest epoch can save, then the ack. What is folded again after a crash writes the same documents.
 * Who owns what may be seen differently by two workers for a while: the epoch fences the one that is behind, which lets
 * go of the partition. A partition whose consumer ended, for whatever reason, is dropped and taken over anew: only its
 * checkpoint says whether somebody else has taken it meanwhile.
 */
export class Worker<Change> {
  private readonly share: Share;
  private readonly partitions: OwnedPartitions;
  private readonly rounds: Rounds<Change>;
  private readonly pauses: Pauses;
  private readonly patience: Patience;
  private takeOvers: TakeOvers | null = null;
  private current: WorkerState = 'starting';
  private stopping = false;
  private restored = 0;
  /** Why it must start over. */
  private lost: Error | null = null;
  /** When it was last asked whether what it holds is still its own. */
  private heldAt = 0;
  private readonly store: DocumentStore;
  private readonly clock: Clock;
  private readonly name: string;
  private running: Promise<void> | null = null;

  constructor(private readonly options: WorkerOptions<Change>) {
    const { projection, version, log, readModels, owner, logger, clock = systemClock } = options;
    this.clock = clock;
    this.name = versionName(projection.name, version);
    this.store = readModels.projection(projection.name, version);
    this.pauses = new Pauses(clock);
    this.patience = new Patience(clock, this.pauses, (error) => {
      this.failed(error);
    });
    this.share = new Share(this.name, owner, readModels.shared ? log.workers : null, clock, () => {
      this.pauses.notice();
    });
    this.partitions = new OwnedPartitions(this.name, readModels.checkpoints, this.share, logger);
    this.rounds = new Rounds({
      ...options,
      clock,
      store: this.store,
      owned: this.partitions,
      patiently: (attempt) => this.patience.attempt(attempt),
      throwIfLost: () => {
        if (this.lost) throw this.lost;
      },
      notice: () => {
        this.pauses.notice();
      },
    });
  }

  get state(): WorkerState {
    return this.current;
  }

  /** Where it is outdated: the lowest number that a version of the log may have. */
  get restoredAt(): number {
    return this.restored;
  }

  /** The partitions it owns now. */
  get owned(): number[] {
    return this.partitions.numbers;
  }

  /** What it cannot read of what it owns, and stands still before. */
  get newer(): Newer[] {
    return this.partitions.newer;
  }

  /** Since the start of this worker. */
  get counters(): Readonly<Rounds<Change>['counts']> {
    return this.rounds.counts;
  }

  /** Takes its share over and folds until {@link stop}. Returns at once; the promise is that of its end. */
  start(): Promise<void> {
    this.running ??= this.run();
    return this.running;
  }

  /** Saves what is folded, leaves its share to the others, and ends. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.pauses.end();
    await this.running;
  }

  /** How many records of its partitions are not folded for good, by the log's own count. @throws LogUnavailable */
  lag(): Promise<number> {
    return this.partitions.lag();
  }

  /** By a fault that no new start mends. */
  private get hasEnded(): boolean {
    return this.current === 'refused' || this.current === 'emptied' || this.current === 'outdated';
  }

  private async run(): Promise<void> {
    const { logger, log } = this.options;
    const stopListening = log.live.onInterrupted((phase) => {
      // What was told just before may have reached nobody.
      if (phase === 'lost') this.lost ??= new Error('the connection to the log was lost');
      this.pauses.notice();
    });
    for (let failures = 0; !this.stopping && !this.hasEnded; failures++) {
      if (failures > 0) await this.pauses.forMs(backoff(failures));
      let ending: Ending | null = null;
      try {
        await this.setUp();
        failures = 0;
        await this.work();
      } catch (error) {
        ending = endOf(error);
        if (error instanceof LogRestored) this.restored = error.restoredAt;
        this.current = 'waiting';
        const what = ending ? SAID_AT[ending] : 'starts over from its checkpoints';
        const line = `projection ${this.name} ${what}: ${(error as Error).message}`;
        if (ending) logger.error(line);
        else logger.warn(line);
        // Without the log nobody could take its share over; without the database others can, where they reach it.
        if (!this.lost) await this.share.leave();
        // What goes on beside the rounds is not tried again.
        this.lost ??= error as Error;
      } finally {
        await this.takeOvers?.end();
        await this.rounds.sweeper.ended();
        await this.rounds.saver.ended();
        await this.partitions.letGo(this.partitions.all, false);
      }
      if (ending) this.current = ending;
    }
    stopListening();
    await this.share.leave();
    if (this.stopping && !this.hasEnded) this.current = 'stopped';
  }

  private async setUp(): Promise<void> {
    const { log, projection, logger, readModels } = this.options;
    this.lost = null;
    for (const drift of await log.setUp()) logger.warn(`${drift}; it is left as it is`);
    const erased = await log.eraser.carryOut();
    if (erased.length > 0) logger.warn(`what the log says was not wholly done: ${erased.join(', ')} erased again`);
    await readModels.ping();
    await checkCheckpoints(this.options);
    await this.store.setUp(collectionsOf(projection));
    await this.share.join();
    this.takeOvers = new TakeOvers(
      { ...this.options, clock: this.clock },
      (number) => this.share.includes(number),
      () => {
        this.pauses.notice();
      },
    );
    this.rounds.startOver();
  }

  /** Rounds until the end. Whatever throws here is followed by a new start from the checkpoints. */
  private async work(): Promise<void> {
    const { paceMs = PACE_MS } = this.options;
    const { sweeper, saver } = this.rounds;
    let beganAt = 0;
    while (!this.stopping) {
      const fault = this.lost ?? this.takeOvers?.fault;
      if (fault) throw fault;
      this.pauses.look();
      await this.reconcile();
      sweeper.goOn();
      saver.goOn();
      if (this.partitions.waiting.length > 0) {
        const early = beganAt + paceMs - this.clock.now();
        if (early > 0) await sleep(this.clock, early);
        beganAt = this.clock.now();
        if (await this.rounds.round()) continue;
      }
      // Either nothing waits, or what does waits for what goes on beside the rounds.
      await this.pauses.untilNews(Math.min(QUIET_MS, sweeper.dueInMs, saver.dueInMs));
      if (this.partitions.areSaved) await this.checkWhatIsHeld();
    }
    await saver.saveAll();
  }

  /** Makes what it owns what its share is: gives up what is another's, and takes over what is its own. */
  private async reconcile(): Promise<void> {
    const { partitions, share } = this;
    const ended = partitions.all.filter(({ consumer }) => consumer.ended !== null);
    if (ended.length > 0) await this.patience.attempt(() => partitions.drop(ended));
    const leaving = partitions.all.filter(({ number }) => !share.includes(number));
    if (leaving.length > 0) {
      await this.rounds.saver.saveAll();
      await partitions.handOver(leaving);
    }
    const taken = this.takeOvers?.collect() ?? [];
    partitions.takeOver(taken);
    for (const partition of taken) void this.fetch(partition);
    const owned = partitions.numbers;
    const missing = share.partitions.filter((number) => !owned.includes(number));
    for (const number of missing) this.takeOvers?.begin(number);
    const newer = this.leaveNewer();
    const isAtWork = missing.length === 0 && newer.length === 0 && !this.patience.isTrying;
    if (isAtWork) this.current = 'running';
    else if (this.current === 'running') this.current = 'waiting';
  }

  /** What only a newer release can read is left to a worker of one, if there is any. */
  private leaveNewer(): Newer[] {
    const { newer } = this.partitions;
    for (const { partition, seq, what } of newer) {
      if (!this.share.decline(partition)) continue;
      this.options.logger.error(
        `projection ${this.name}: partition ${partition} waits before event ${seq}, ${what}: that comes with a newer ` +
          'release, whose projectors take it over; where none is there, start one',
      );
    }
    return newer;
  }

  /** Now and then, while nothing comes: a database that was emptied would show only at the next record. */
  private async checkWhatIsHeld(): Promise<void> {
    if (this.clock.now() < this.heldAt + QUIET_MS) return;
    this.heldAt = this.clock.now();
    await this.patience.attempt(() => this.partitions.dropFenced(this.partitions.all));
  }

  private async fetch(partition: Partition): Promise<void> {
    try {
      await partition.fetch(() => {
        this.pauses.notice();
      });
    } catch (error) {
      this.lost ??= error as Error;
    }
    this.pauses.notice();
  }

  /** What has failed is tried again, unless there is no sense in it: then it throws. */
  private failed(error: Error): void {
    if (this.lost) throw this.lost;
    if (error instanceof CheckpointsGone || this.stopping) throw error;
    this.current = 'waiting';
    this.options.logger.warn(`projection ${this.name} waits and tries again: ${error.message}`);
  }
}

type Ending = 'refused' | 'emptied' | 'outdated';

const SAID_AT: Record<Ending, string> = {
  refused: 'refuses to run',
  emptied: 'is not folded on',
  outdated: 'is not folded on',
};

/** How a worker ends by a fault that no new start mends; null for the others. */
function endOf(error: unknown): Ending | null {
  if (error instanceof LogRestored) return 'outdated';
  if (error instanceof LogMismatch || error instanceof StreamMismatch) return 'refused';
  return error instanceof CheckpointsGone || error instanceof VersionGone ? 'emptied' : null;
}
