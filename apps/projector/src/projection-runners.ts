import { type Health, NotReady } from '#platform';
import type { ProjectionName } from '#settings';
import { type Clock, type Projection, projections, Runner, type WorkedLog, type WorkerLog } from '#projections';
import type { ReadModels } from '#read-models';

/** By the names that PROJECTIONS may hold: one that is missing does not compile. */
const named: Record<ProjectionName, Projection<unknown>> = projections;

export interface ProjectionsOptions {
  readonly names: readonly ProjectionName[];
  readonly log: WorkedLog;
  readonly readModels: Omit<ReadModels, 'close'>;
  /** Unique to the process. */
  readonly owner: string;
  readonly logger: WorkerLog;
  /** Whether what only a newer release can read is waited for, and is no dead letter. Default true. */
  readonly waitsForNewer?: boolean;
  /** See {@link WorkerOptions.paceMs}. */
  readonly paceMs?: number;
  /** Is told how long each round of a projection took. */
  readonly onRound?: ((projection: ProjectionName, seconds: number) => void) | undefined;
  readonly clock?: Clock;
}

/** The projections that this process runs, a worker for each. */
export class ProjectionRunners {
  private readonly workers: ReadonlyMap<ProjectionName, Runner<unknown>>;
  /** Settles when the first of the workers has ended, for whatever reason. */
  readonly ended: Promise<void>;

  constructor(options: ProjectionsOptions) {
    const { names, onRound: observe, ...rest } = options;
    const runner = (name: ProjectionName) => {
      const onRound =
        observe &&
        ((seconds: number) => {
          observe(name, seconds);
        });
      return new Runner({ projection: named[name], ...rest, ...(onRound && { onRound }) });
    };
    this.workers = new Map(names.map((name) => [name, runner(name)]));
    this.ended = Promise.race([...this.workers.values()].map((worker) => worker.start()));
  }

  /** One for each projection. */
  get all(): readonly Runner<unknown>[] {
    return [...this.workers.values()];
  }

  /** How many events they are behind the log. @throws LogUnavailable */
  async lag(): Promise<number> {
    const lags = await Promise.all([...this.workers.values()].map((worker) => worker.lag()));
    return lags.reduce<number>((sum, lag) => sum + (lag ?? 0), 0);
  }

  /**
   * Waits until everything that is in the log is folded.
   * @param onProgress is told a few times a second how many events are left
   */
  async caughtUp(onProgress: (left: number) => void): Promise<void> {
    for (;;) {
      if ([...this.workers.values()].every((worker) => worker.state === 'running')) {
        // A log that is away for a moment is one that is not caught up with yet.
        const left = await this.lag().catch(() => null);
        if (left !== null) onProgress(left);
        if (left === 0) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Ready: every worker runs, and is not more than `maxLagEvents` behind. */
  watch(health: Health, maxLagEvents: number): void {
    for (const [name, worker] of this.workers) {
      health.add(`projection ${name}`, async () => {
        const [newer] = worker.newer;
        if (newer) {
          throw new NotReady(
            `partition ${newer.partition} of ${name} waits before event ${newer.seq}, ${newer.what}: start a projector of ` +
              'the release that wrote it',
          );
        }
        if (worker.state !== 'running') {
          throw new NotReady(`the projection ${name} is ${worker.state}: the log of this process says why`);
        }
        const lag = (await worker.lag()) ?? 0;
        if (lag > maxLagEvents) throw new NotReady(`${lag} events behind the log: wait, or see what slows it down`);
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
  }
}
