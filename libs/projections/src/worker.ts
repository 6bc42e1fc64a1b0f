import { PARTITIONS } from '#domain';
import type { EventLog, LogRecord } from '#event-store';
import { checkpointId, type DocumentStore, type ReadModels, type Write } from '#read-models';
import { Partition } from './partition.js';
import type { Projection } from './projection.js';
import { type CachedHead, type FoldedRound, foldRound } from './round.js';

/** Under load a round begins this long after the last one began, ms: fewer and larger writes. */
const PACE_MS = 12;
const ROUND_RECORDS = 2_000;
const ROUND_CHARACTERS = 8 * 1024 * 1024;
/** Heads, checkpoints and acks may lag so far behind the documents: a take-over folds that much again. */
const SAVE_EVERY_MS = 250;
const SAVE_EVERY_RECORDS = 5_000;
/** More heads than this are not kept in memory once they are saved. */
const MAX_HEADS = 50_000;
const MAX_BACKOFF_MS = 2_000;

/** Reported as one line each; `error` says what to do. */
export interface WorkerLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface WorkerOptions<Change> {
  readonly projection: Projection<Change>;
  readonly log: EventLog;
  readonly readModels: ReadModels;
  /** Who this is, in checkpoints and logs: unique to the process. */
  readonly owner: string;
  readonly logger: WorkerLog;
}

/**
 * - `running`: owns its partitions and folds.
 * - `waiting`: a server is away; goes on by itself.
 * - `fenced`: another worker took over; this one has stopped.
 * - `refused`: the read models do not belong to this log; this one has stopped.
 */
export type WorkerState = 'starting' | 'running' | 'waiting' | 'fenced' | 'refused' | 'stopped';

/**
 * Runs one projection over all partitions of the log. The order of things is what makes it survive being killed
 * anywhere: the documents of a round, then its live updates; now and then the heads, then the checkpoint, which only
 * the holder of the highest epoch can save, then the ack. What is folded again after a crash writes the same documents.
 */
export class Worker<Change> {
  private partitions: Partition[] = [];
  private heads = new Map<string, CachedHead>();
  private current: WorkerState = 'starting';
  private stopping = false;
  private wake: () => void = () => undefined;
  /** Whether it pauses because there is nothing to fold, so that new records end the pause. */
  private idle = false;
  private ended: Error | null = null;
  private recordsSinceSave = 0;
  private savedAt = 0;
  private readonly counts = { folded: 0, deadLetters: 0, rounds: 0 };
  private readonly store: DocumentStore;
  private running: Promise<void> | null = null;

  constructor(private readonly options: WorkerOptions<Change>) {
    const { name, version } = options.projection;
    this.store = options.readModels.projection(name, version);
  }

  get state(): WorkerState {
    return this.current;
  }

  /** Since the start of this worker. */
  get counters(): Readonly<{ folded: number; deadLetters: number; rounds: number }> {
    return this.counts;
  }

  /** Takes the partitions over and folds until {@link stop}. Returns at once; the promise is that of its end. */
  start(): Promise<void> {
    this.running ??= this.run();
    return this.running;
  }

  /** Saves what is folded and ends. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
  }

  /** How many records of its partitions are not folded for good, by the log's own count. @throws LogUnavailable */
  async lag(): Promise<number> {
    const lags = await Promise.all(this.partitions.map(({ consumer }) => consumer.lag()));
    return lags.reduce((sum, lag) => sum + lag, 0);
  }

  private async run(): Promise<void> {
    const { logger, projection } = this.options;
    for (let failures = 0; !this.stopping; failures++) {
      if (failures > 0) await this.pause(backoff(failures));
      try {
        await this.takeOver();
        failures = 0;
        await this.work();
      } catch (error) {
        if (error instanceof WorkerStopped) {
          this.current = error.state;
          logger.error(error.message);
          break;
        }
        this.current = 'waiting';
        logger.warn(`projection ${projection.name} starts over from its checkpoints: ${(error as Error).message}`);
      } finally {
        await this.release();
      }
    }
    if (this.stopping) this.current = 'stopped';
  }

  private async takeOver(): Promise<void> {
    const { log, readModels, projection, owner } = this.options;
    this.ended = null;
    this.heads = new Map();
    await log.setUp();
    await this.store.setUp(projection.collections);
    const name = `${projection.name}-${projection.version}${readModels.shared ? '' : `-${owner}`}`;
    this.partitions = await Promise.all(
      Array.from({ length: PARTITIONS }, async (_, number) => {
        const id = checkpointId(projection.name, projection.version, number);
        const checkpoint = await readModels.checkpoints.claim(id, owner);
        await this.checkTail(checkpoint.seq, checkpoint.eventId, number);
        const consumer = await log.consume({
          name: `${name}-${number}-e${checkpoint.epoch}`,
          deleteOthersWithPrefix: `${name}-${number}-e`,
          partition: number,
          ...(projection.kinds && { kinds: projection.kinds }),
          from: checkpoint.seq + 1,
          temporary: !readModels.shared,
        });
        return new Partition(number, id, checkpoint.epoch, checkpoint, consumer);
      }),
    );
    for (const partition of this.partitions) void this.fetch(partition);
    this.current = 'running';
    this.savedAt = Date.now();
  }

  /** A checkpoint ahead of the log, or of an event that the log no longer has there, means that its tail was lost. */
  private async checkTail(seq: number, eventId: string, partition: number): Promise<void> {
    if (seq === 0) return;
    const stored = await this.options.log.recordAt(seq);
    if (stored?.id === eventId) return;
    throw new WorkerStopped(
      'refused',
      `projection ${this.options.projection.name} refuses to run: partition ${partition} is folded up to event ` +
        `${eventId} at ${seq}, where the log has ${stored ? `event ${stored.id}` : 'nothing'}. The log has lost its ` +
        'tail, or these read models belong to another log. Restore the log, or drop the database and start again: ' +
        'the read models are then rebuilt from what the log has.',
    );
  }

  private async fetch(partition: Partition): Promise<void> {
    try {
      const end = await partition.fetch(() => {
        if (this.idle) this.wake();
      });
      if (end === 'deleted') this.ended ??= this.fenced([partition]);
      if (end === 'lost') this.ended ??= new Error('the connection to the log was lost');
    } catch (error) {
      this.ended ??= error as Error;
    }
    if (this.idle) this.wake();
  }

  private fenced(partitions: readonly Partition[]): WorkerStopped {
    const numbers = partitions.map(({ number }) => number).join(', ');
    return new WorkerStopped(
      'fenced',
      `another projector has taken over partition ${numbers} of ${this.options.projection.name}; this one has ` +
        'stopped. Run one projector for each projection.',
    );
  }

  /** Rounds until the end. Whatever throws here is followed by a new take-over. */
  private async work(): Promise<void> {
    let beganAt = 0;
    while (!this.stopping) {
      if (this.ended) throw this.ended;
      if (!this.partitions.some((partition) => partition.hasWaiting)) {
        this.idle = true;
        await this.pause(this.isSaved() ? 60_000 : this.savedAt + SAVE_EVERY_MS - Date.now());
        this.idle = false;
      } else {
        const early = beganAt + PACE_MS - Date.now();
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
        beganAt = Date.now();
        await this.round();
      }
      if (this.isSaveDue()) await this.save();
    }
    await this.save();
  }

  private async round(): Promise<void> {
    const { projection, log } = this.options;
    const taken = this.take();
    const records = taken.flatMap((part) => part.records);
    const round = await this.patiently(() => this.foldAndWrite(records));
    for (const text of projection.announce(round.changes)) {
      if ('room' in text) log.live.publishToRoom(text.room, text.text);
      else log.live.publishToUser(text.userId, text.text);
    }
    for (const [id, head] of round.heads) this.heads.set(id, head);
    for (const { partition, records: part } of taken) {
      const last = part.at(-1)!;
      partition.folded = { seq: last.seq, eventId: last.id };
    }
    this.recordsSinceSave += records.length;
    this.counts.folded += records.length - round.letters.length;
    this.counts.deadLetters += round.letters.length;
    this.counts.rounds++;
  }

  /** What waits, of all partitions together, in turns. */
  private take(): { readonly partition: Partition; readonly records: LogRecord[] }[] {
    const waiting = this.partitions.filter((partition) => partition.hasWaiting);
    return waiting.map((partition) => ({
      partition,
      records: partition.take(Math.ceil(ROUND_RECORDS / waiting.length), ROUND_CHARACTERS / waiting.length),
    }));
  }

  private async foldAndWrite(records: readonly LogRecord[]): Promise<FoldedRound<Change>> {
    const { projection, log, logger } = this.options;
    const round = await foldRound(projection, this.store, this.heads, records);
    for (const letter of round.letters) {
      logger.error(
        `event ${letter.seq} is a dead letter of ${letter.projection}: ${letter.reason}. The rest goes on without ` +
          'it; its room lacks it until code that can read it folds that room anew.',
      );
      await log.deadLetter(letter);
    }
    await Promise.all([...round.writes].map(([collection, writes]) => this.store.write(collection, writes)));
    return round;
  }

  /** A round writes nothing that it could not write again, so it is tried until it succeeds, nothing more being fetched. */
  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        const result = await attempt();
        this.current = 'running';
        return result;
      } catch (error) {
        if (this.ended) throw this.ended;
        if (this.stopping) throw error;
        this.current = 'waiting';
        this.options.logger.warn(
          `projection ${this.options.projection.name} waits and tries again: ${(error as Error).message}`,
        );
        await this.pause(backoff(failures));
      }
    }
  }

  private isSaved(): boolean {
    return this.partitions.every(({ folded, saved }) => folded.seq === saved);
  }

  private isSaveDue(): boolean {
    if (this.recordsSinceSave >= SAVE_EVERY_RECORDS) return true;
    return Date.now() >= this.savedAt + SAVE_EVERY_MS && !this.isSaved();
  }

  /** Live updates out, then the heads, then the checkpoints, then the acks: each step relies on the one before. */
  private async save(): Promise<void> {
    const { log, projection, readModels } = this.options;
    const moved = this.partitions.filter(({ folded, saved }) => folded.seq !== saved);
    this.recordsSinceSave = 0;
    this.savedAt = Date.now();
    if (moved.length === 0) return;
    await log.live.flush();
    // What was published just before a loss may have reached nobody: it is folded, and published, once more.
    if (moved.some(({ consumer }) => consumer.ended !== null)) throw new Error('the connection to the log was lost');
    const saves = moved.map(({ checkpointId: id, epoch, folded }) => ({ id, epoch, ...folded }));
    const fenced = await this.patiently(async () => {
      if (projection.heads !== null) await this.store.write(projection.heads, this.dirtyHeads());
      return readModels.checkpoints.save(saves);
    });
    if (fenced.length > 0) throw this.fenced(moved.filter(({ checkpointId }) => fenced.includes(checkpointId)));
    for (const partition of moved) {
      partition.saved = partition.folded.seq;
      partition.consumer.ack(partition.saved);
    }
    this.headsAreSaved();
  }

  private dirtyHeads(): Write[] {
    return [...this.heads.values()].filter(({ dirty }) => dirty);
  }

  private headsAreSaved(): void {
    if (this.heads.size > MAX_HEADS) this.heads.clear();
    for (const [id, { document, dirty }] of this.heads) {
      if (dirty) this.heads.set(id, { document, known: true, dirty: false });
    }
  }

  private async release(): Promise<void> {
    const partitions = this.partitions;
    this.partitions = [];
    await Promise.all(partitions.map((partition) => partition.close()));
  }

  /** For so many ms, or until it is to stop; where there is nothing to do, also until something happens. */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(ms, 0));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.stopping || (this.idle && this.ended)) this.wake();
    });
  }
}

/** The end of a worker that must not go on. */
class WorkerStopped extends Error {
  constructor(
    readonly state: 'fenced' | 'refused',
    message: string,
  ) {
    super(message);
  }
}

const backoff = (failures: number): number => Math.min(50 * 2 ** failures, MAX_BACKOFF_MS);
