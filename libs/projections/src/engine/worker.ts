import { PARTITIONS, partitionOf, type Room } from '#domain';
import { type LogRecord, StreamMismatch } from '#event-store';
import { type DocumentStore, type ReadModels, versionName } from '#read-models';
import { type Clock, sleep, systemClock } from './clock.js';
import type { Partition } from './partition.js';
import { Pauses } from './pauses.js';
import { collectionsOf, type Projection } from '../projection.js';
import { type FoldedRound, foldRound, type Heads } from './round.js';
import { Share } from './share.js';
import { checkCheckpoints, CheckpointsGone, Refused, VersionGone } from './take-over.js';
import { backoff, TakeOvers } from './take-overs.js';
import type { WorkedLog } from './worked-log.js';

/** Under load a round begins this long after the last one began, ms: fewer and larger writes. */
const PACE_MS = 12;
const ROUND_RECORDS = 2_000;
const ROUND_CHARACTERS = 8 * 1024 * 1024;
/** Heads, checkpoints and acks may lag so far behind the documents: a take-over folds that much again. */
const SAVE_EVERY_MS = 250;
const SAVE_EVERY_RECORDS = 5_000;
/** So long nothing comes before it is asked whether what is held is still its own. */
const QUIET_MS = 5_000;
/** A database that is away for longer than this may be so for this worker alone: its share is left to the others. */
const PATIENCE_MS = 5_000;

/** Reported as one line each; `error` says what to do. */
export interface WorkerLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface WorkerOptions<Change> {
  readonly projection: Projection<Change>;
  /** Which version of it: what its documents, checkpoints, consumers and members are named by. */
  readonly version: number;
  /** Whether the gateways are told of what it folds: always, or only once the version is served or about to be. */
  readonly announcing: boolean;
  readonly log: WorkedLog;
  readonly readModels: Pick<ReadModels, 'shared' | 'checkpoints' | 'versions' | 'projection' | 'ping'>;
  /** Who this is, in checkpoints, among the members and in logs: unique to the process. */
  readonly owner: string;
  readonly logger: WorkerLog;
  /** The system's own where none is given. */
  readonly clock?: Clock;
}

/**
 * - `running`: folds the partitions that are its share.
 * - `waiting`: a server is away; goes on by itself.
 * - `refused`: the read models do not belong to this log, or the log is not one for this program; it has stopped.
 * - `emptied`: what it had folded is gone from the read models; it has stopped, and another version has to be begun.
 */
export type WorkerState = 'starting' | 'running' | 'waiting' | 'refused' | 'emptied' | 'stopped';

/**
 * Runs one projection over its share of the log's partitions. The order of things is what makes it survive being killed
 * anywhere: the documents of a round, then its live updates; now and then the heads, then the checkpoint, which only
 * the holder of the highest epoch can save, then the ack. What is folded again after a crash writes the same documents.
 * Who owns what may be seen differently by two workers for a while: the epoch fences the one that is behind, which lets
 * go of the partition. A partition whose consumer ended, for whatever reason, is dropped and taken over anew: only its
 * checkpoint says whether somebody else has taken it meanwhile.
 */
export class Worker<Change> {
  private readonly partitions = new Map<number, Partition>();
  private readonly share: Share;
  private readonly pauses: Pauses;
  private takeOvers: TakeOvers | null = null;
  private current: WorkerState = 'starting';
  private stopping = false;
  /** Why it must start over. */
  private lost: Error | null = null;
  private recordsSinceSave = 0;
  private savedAt = 0;
  /** When it was last asked whether what it holds is still its own. */
  private heldAt = 0;
  private readonly counts = { folded: 0, deadLetters: 0, rounds: 0 };
  private readonly store: DocumentStore;
  private readonly clock: Clock;
  private readonly name: string;
  private running: Promise<void> | null = null;
  /** The heads of all its partitions. */
  private readonly heads: Heads = { get: (id) => this.ownerOfHead(id)?.heads.get(id) };

  constructor(private readonly options: WorkerOptions<Change>) {
    const { projection, version, log, readModels, owner, clock = systemClock } = options;
    this.clock = clock;
    this.name = versionName(projection.name, version);
    this.store = readModels.projection(projection.name, version);
    this.pauses = new Pauses(clock);
    this.share = new Share(this.name, owner, readModels.shared ? log.members : null, clock, () => {
      this.pauses.notice();
    });
  }

  get state(): WorkerState {
    return this.current;
  }

  /** The partitions it owns now. */
  get owned(): number[] {
    return [...this.partitions.keys()].sort((a, b) => a - b);
  }

  /** Since the start of this worker. */
  get counters(): Readonly<{ folded: number; deadLetters: number; rounds: number }> {
    return this.counts;
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
  async lag(): Promise<number> {
    const lags = await Promise.all([...this.partitions.values()].map(({ consumer }) => consumer.lag()));
    return lags.reduce((sum, lag) => sum + lag, 0);
  }

  /** By a fault that no new start mends. */
  private get hasEnded(): boolean {
    return this.current === 'refused' || this.current === 'emptied';
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
      try {
        await this.setUp();
        failures = 0;
        await this.work();
      } catch (error) {
        const ending = endOf(error);
        this.current = ending ?? 'waiting';
        const what = ending ? SAID_AT[ending] : 'starts over from its checkpoints';
        const line = `projection ${this.name} ${what}: ${(error as Error).message}`;
        if (ending) logger.error(line);
        else logger.warn(line);
        // Without the log nobody could take its share over; without the database others can, where they reach it.
        if (!this.lost) await this.share.leave();
      } finally {
        await this.takeOvers?.end();
        await this.letGo([...this.partitions.values()], false);
      }
    }
    stopListening();
    await this.share.leave();
    if (this.stopping && !this.hasEnded) this.current = 'stopped';
  }

  private async setUp(): Promise<void> {
    const { log, projection, logger, readModels } = this.options;
    this.lost = null;
    for (const drift of await log.setUp()) logger.warn(`${drift}; it is left as it is`);
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
    this.savedAt = this.clock.now();
  }

  /** Rounds until the end. Whatever throws here is followed by a new start from the checkpoints. */
  private async work(): Promise<void> {
    let beganAt = 0;
    while (!this.stopping) {
      const fault = this.lost ?? this.takeOvers?.fault;
      if (fault) throw fault;
      this.pauses.look();
      await this.reconcile();
      if (![...this.partitions.values()].some((partition) => partition.hasWaiting)) {
        await this.pauses.untilNews(this.isSaved() ? QUIET_MS : this.savedAt + SAVE_EVERY_MS - this.clock.now());
        if (this.isSaved()) await this.checkWhatIsHeld();
      } else {
        const early = beganAt + PACE_MS - this.clock.now();
        if (early > 0) await sleep(this.clock, early);
        beganAt = this.clock.now();
        await this.round();
      }
      if (this.isSaveDue()) await this.save();
    }
    await this.save();
  }

  /** Makes what it owns what its share is: gives up what is another's, and takes over what is its own. */
  private async reconcile(): Promise<void> {
    const ended = [...this.partitions.values()].filter(({ consumer }) => consumer.ended !== null);
    if (ended.length > 0) await this.drop(ended);
    const leaving = [...this.partitions.values()].filter(({ number }) => !this.share.includes(number));
    if (leaving.length > 0) {
      await this.save();
      this.say('hands over', leaving);
      await this.letGo(leaving, true);
    }
    const taken = this.takeOvers?.collect() ?? [];
    for (const partition of taken) {
      this.partitions.set(partition.number, partition);
      void this.fetch(partition);
    }
    if (taken.length > 0) this.say('takes over', taken);
    const missing = this.share.partitions.filter((number) => !this.partitions.has(number));
    for (const number of missing) this.takeOvers?.begin(number);
    if (missing.length === 0) this.current = 'running';
    else if (this.current === 'running') this.current = 'waiting';
  }

  /** Now and then, while nothing comes: a database that was emptied would show only at the next record. */
  private async checkWhatIsHeld(): Promise<void> {
    if (this.clock.now() < this.heldAt + QUIET_MS) return;
    this.heldAt = this.clock.now();
    await this.leave(await this.patiently(() => this.fencedOf([...this.partitions.values()])));
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

  /**
   * Lets go of partitions that may not be folded on as they are.
   * @throws CheckpointsGone
   */
  private async drop(partitions: readonly Partition[]): Promise<void> {
    const fenced = await this.patiently(() => this.fencedOf(partitions));
    const others = partitions.filter((partition) => !fenced.includes(partition));
    if (others.length > 0) this.say('has lost the consumers of', others);
    await Promise.all([this.leave(fenced), this.letGo(others, false)]);
  }

  /** Leaves those that somebody else has taken over alone until the share is read again. */
  private async leave(fenced: readonly Partition[]): Promise<void> {
    if (fenced.length === 0) return;
    this.say('is fenced off', fenced);
    for (const { number } of fenced) this.share.bench(number);
    await this.letGo(fenced, true);
  }

  /** Those that another worker has taken over. @throws CheckpointsGone */
  private async fencedOf(partitions: readonly Partition[]): Promise<Partition[]> {
    if (partitions.length === 0) return [];
    const stored = await this.options.readModels.checkpoints.read(partitions.map(({ checkpointId: id }) => id));
    const gone = partitions.flatMap(({ checkpointId: id }) => (stored.has(id) ? [] : [id]));
    if (gone.length > 0) throw new CheckpointsGone(gone);
    return partitions.filter(({ checkpointId: id, epoch }) => stored.get(id)!.epoch !== epoch);
  }

  private async letGo(partitions: readonly Partition[], areTaken: boolean): Promise<void> {
    for (const { number } of partitions) this.partitions.delete(number);
    await Promise.all(partitions.map((partition) => partition.close(areTaken)));
  }

  private async round(): Promise<void> {
    const { projection, version, log } = this.options;
    let taken = this.take();
    let round: WrittenRound<Change> | null = null;
    while (round === null) {
      // What was taken of those that are fenced off meanwhile is their next owner's.
      taken = taken.filter(({ partition }) => this.partitions.get(partition.number) === partition);
      const records = taken.flatMap((part) => part.records);
      round = await this.patiently(() => this.foldAndWrite(records));
    }
    for (const text of round.isTold ? projection.announce(round.changes, version) : []) {
      if ('room' in text) log.live.publishToRoom(text.room, text.text);
      else log.live.publishToUser(text.userId, text.text);
    }
    for (const [id, head] of round.heads) this.ownerOfHead(id)?.heads.set(id, head);
    for (const { partition, records: part } of taken) {
      const last = part.at(-1)!;
      partition.folded = { seq: last.seq, eventId: last.id };
    }
    const count = taken.reduce((sum, { records }) => sum + records.length, 0);
    this.recordsSinceSave += count;
    this.counts.folded += count - round.letters.length;
    this.counts.deadLetters += round.letters.length;
    this.counts.rounds++;
  }

  /** What waits, of all partitions together, in turns. */
  private take(): { readonly partition: Partition; readonly records: LogRecord[] }[] {
    const waiting = [...this.partitions.values()].filter((partition) => partition.hasWaiting);
    return waiting.map((partition) => ({
      partition,
      records: partition.take(Math.ceil(ROUND_RECORDS / waiting.length), ROUND_CHARACTERS / waiting.length),
    }));
  }

  /** Null where somebody has taken over what it is of, and nothing is written: it is dropped. @throws CheckpointsGone */
  private async foldAndWrite(records: readonly LogRecord[]): Promise<WrittenRound<Change> | null> {
    const { projection, log, logger } = this.options;
    const round = await foldRound(projection, this.store, this.heads, records);
    // What was looked for may have been in a database that was emptied, where there is less than was folded, or that
    // somebody else fills anew: nothing may come of it where the checkpoint, which goes with it, is not this worker's.
    const fenced = await this.fencedOf([...this.partitions.values()].filter(({ number }) => round.readFor.has(number)));
    await this.leave(fenced);
    if (fenced.length > 0) return null;
    await Promise.all([...round.writes].map(([collection, writes]) => this.store.write(collection, writes)));
    // After the mark of their rooms, by which it is told whether a letter is settled.
    for (const letter of round.letters) {
      logger.error(
        `event ${letter.seq} is a dead letter of ${letter.projection}: ${letter.reason}. The rest goes on without ` +
          'it; its room lacks it until code that can read it folds that room anew.',
      );
      await log.deadLetter(letter);
    }
    return { ...round, isTold: this.options.announcing || (await this.isFollowed()) };
  }

  /**
   * Of a version that is built. Asked once the documents are written: what is not told because nobody follows it yet is
   * read by whoever does later.
   */
  private async isFollowed(): Promise<boolean> {
    const { projection, version, readModels } = this.options;
    const versions = await readModels.versions.read(projection.name);
    if (!versions) return false;
    return versions.serving.number === version || (versions.building?.number === version && versions.swap !== null);
  }

  /** A round writes nothing that it could not write again, so it is tried again, nothing more being fetched. */
  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const giveUp = this.clock.now() + PATIENCE_MS;
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (error) {
        if (this.lost) throw this.lost;
        if (error instanceof CheckpointsGone || this.stopping || this.clock.now() > giveUp) throw error;
        this.current = 'waiting';
        this.options.logger.warn(`projection ${this.name} waits and tries again: ${(error as Error).message}`);
        await this.pauses.forMs(backoff(failures));
      }
    }
  }

  private isSaved(): boolean {
    return [...this.partitions.values()].every(({ folded, saved }) => folded.seq === saved);
  }

  private isSaveDue(): boolean {
    if (this.recordsSinceSave >= SAVE_EVERY_RECORDS) return true;
    return this.clock.now() >= this.savedAt + SAVE_EVERY_MS && !this.isSaved();
  }

  /** Live updates out, then the heads, then the checkpoints, then the acks: each step relies on the one before. */
  private async save(): Promise<void> {
    const { log, projection, readModels } = this.options;
    this.recordsSinceSave = 0;
    this.savedAt = this.clock.now();
    if (this.isSaved()) return;
    await log.live.flush();
    // What was published just before a loss may have reached nobody: it is folded, and published, once more.
    if (this.lost) throw this.lost;
    // One whose consumer has ended is left as it is to its next owner, this worker or another.
    const moved = [...this.partitions.values()].filter(
      ({ folded, saved, consumer }) => folded.seq !== saved && consumer.ended === null,
    );
    if (moved.length === 0) return;
    const saves = moved.map(({ checkpointId: id, epoch, folded }) => ({ id, epoch, ...folded }));
    const fenced = await this.patiently(async () => {
      if (projection.heads !== null) {
        await this.store.write(
          projection.heads,
          moved.flatMap((partition) => partition.dirtyHeads),
        );
      }
      return readModels.checkpoints.save(saves);
    });
    for (const partition of moved) {
      if (fenced.includes(partition.checkpointId)) continue;
      partition.savedAll();
      partition.consumer.ack(partition.saved);
    }
    if (fenced.length > 0) await this.drop(moved.filter(({ checkpointId: id }) => fenced.includes(id)));
  }

  /** A head's `_id` is its room. */
  private ownerOfHead(id: string): Partition | undefined {
    return this.partitions.get(partitionOf(id as Room));
  }

  private say(what: string, partitions: readonly Partition[]): void {
    const of =
      partitions.length === PARTITIONS
        ? 'all partitions'
        : `partitions ${partitions.map(({ number }) => number).join(', ')}`;
    this.options.logger.log(`projection ${this.name}: this worker ${what} ${of}`);
  }
}

interface WrittenRound<Change> extends FoldedRound<Change> {
  readonly isTold: boolean;
}

type Ending = 'refused' | 'emptied';

const SAID_AT: Record<Ending, string> = { refused: 'refuses to run', emptied: 'is not folded on' };

/** How a worker ends by a fault that no new start mends; null for the others. */
function endOf(error: unknown): Ending | null {
  if (error instanceof Refused || error instanceof StreamMismatch) return 'refused';
  return error instanceof CheckpointsGone || error instanceof VersionGone ? 'emptied' : null;
}
