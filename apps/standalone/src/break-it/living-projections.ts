import type { EventLog } from '#event-store';
import { type Health, type Metrics, workerName } from '#platform';
import type { ProjectionName } from '#settings';
import type { WorkerLog } from '#projections';
import type { ReadModels } from '#read-models';
import { observeRounds, projectionFigures } from '../../../projector/src/figures.js';
import { ProjectionRunners } from '../../../projector/src/projection-runners.js';
import { Life } from './life.js';

interface LivingProjectionsOptions {
  readonly names: readonly ProjectionName[];
  readonly waitsForNewer: boolean;
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly logger: WorkerLog;
  readonly metrics?: Metrics | undefined;
}

/** The projections of this process, which can be killed and started again, each time under another name. */
export class LivingProjections {
  #now: { readonly runners: ProjectionRunners; readonly life: Life };
  #watched: { readonly health: Health; readonly maxLagEvents: number } | null = null;
  #isDead = false;
  #restarted = Promise.withResolvers<null>();
  readonly #observe;
  #end: () => void = () => undefined;
  /** Settles when one of the projections has ended by itself, for whatever reason but that it was killed. */
  readonly ended = new Promise<void>((resolve) => (this.#end = resolve));

  constructor(private readonly options: LivingProjectionsOptions) {
    const { metrics } = options;
    this.#observe = metrics && observeRounds(metrics);
    this.#now = this.#begin();
    metrics?.add(...projectionFigures(() => this.#now.runners.all));
  }

  lag(): Promise<number> {
    return this.#now.runners.lag();
  }

  /** As {@link ProjectionRunners.caughtUp}; those that are killed meanwhile never have, those after them do. */
  async caughtUp(onProgress: (left: number) => void): Promise<void> {
    for (let now = null; now !== this.#now;) {
      now = this.#now;
      await Promise.race([now.runners.caughtUp(onProgress), this.#restarted.promise]);
    }
  }

  /** As {@link ProjectionRunners.watch}, for the latest health that was given; those that come after these too. */
  watch(health: Health, maxLagEvents: number): void {
    this.#watched = { health, maxLagEvents };
    this.#now.runners.watch(health, maxLagEvents);
  }

  /** What was killed has nothing left to be stopped, and would never say that it is. */
  async stop(): Promise<void> {
    if (!this.#isDead) await this.#now.runners.stop();
  }

  /** Nothing is saved, and nothing handed over. */
  kill(): void {
    this.#isDead = true;
    this.#now.life.end();
  }

  /** After a {@link kill}: others, who find what was left. */
  restart(): void {
    this.#isDead = false;
    this.#now = this.#begin();
    if (this.#watched) this.#now.runners.watch(this.#watched.health, this.#watched.maxLagEvents);
    this.#restarted.resolve(null);
    this.#restarted = Promise.withResolvers();
  }

  #begin() {
    const { log, readModels, metrics: _, ...rest } = this.options;
    const life = new Life();
    const runners = new ProjectionRunners({
      ...rest,
      ...{ log: life.lend(log), readModels: life.lend(readModels), clock: life.clock },
      owner: workerName(),
      onRound: this.#observe,
    });
    void runners.ended.then(() => {
      if (runners === this.#now.runners) this.#end();
    });
    return { runners, life };
  }
}
