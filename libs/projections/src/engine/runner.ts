import {
  firstVersion,
  type ReadModels,
  type Versions,
  versionName,
  versionNumberAt,
  withServingLost,
  withServingOutdated,
  withSwap,
} from '#read-models';
import { systemClock } from './clock.js';
import { Worker, type WorkerState } from './worker.js';
import type { WorkerOptions } from './worker-options.js';

/** How often it looks which version is served, in ms: so long a worker may fold on that is to stop. */
export const LOOK_MS = 500;

/** A swap takes about two seconds. One that takes longer than this was left behind by somebody who died. */
const SWAP_LIMIT_MS = 10_000;

const LOST = 'lost, since the read models were emptied';

export interface RunnerOptions<Change> extends Omit<WorkerOptions<Change>, 'version' | 'announcing' | 'readModels'> {
  readonly readModels: WorkerOptions<Change>['readModels'] & Pick<ReadModels, 'remove'>;
}

/**
 * Runs the version of a projection that is served: a worker on it, and another one once another version is. While the
 * readers are swapped nobody folds. Where nobody ever ran the projection, it begins the first version; where what is
 * served was lost, the database having been emptied, or is of the log before it was restored from a backup, it begins
 * another one from the beginning of the log.
 */
export class Runner<Change> {
  private worker: Worker<Change> | null = null;
  private version: number | null = null;
  private swap: { readonly id: string; readonly since: number } | null = null;
  private refused = false;
  private stopping = false;
  private wake: () => void = () => undefined;
  private running: Promise<void> | null = null;
  private said = '';

  constructor(private readonly options: RunnerOptions<Change>) {}

  get projection(): string {
    return this.options.projection.name;
  }

  /** `waiting` also where it has no version to fold just now. */
  get state(): WorkerState {
    return this.worker?.state ?? (this.running ? 'waiting' : 'starting');
  }

  /** The partitions it owns now. */
  get owned(): number[] {
    return this.worker?.owned ?? [];
  }

  /** What it stands still before, since only a newer release can read it. */
  get newer(): Worker<Change>['newer'] {
    return this.worker?.newer ?? [];
  }

  get counters(): Worker<Change>['counters'] {
    return this.worker?.counters ?? { folded: 0, deadLetters: 0, rounds: 0, documents: 0 };
  }

  /** Resolves when it is stopped, or when its worker refuses to go on. */
  start(): Promise<void> {
    this.running ??= this.run();
    return this.running;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
  }

  /** How many records are not folded for good; null where it folds nothing. @throws LogUnavailable */
  lag(): Promise<number | null> {
    return this.worker?.lag() ?? Promise.resolve(null);
  }

  private async run(): Promise<void> {
    const { clock = systemClock } = this.options;
    while (!this.stopping && !this.refused) {
      try {
        await this.follow(await this.versions());
      } catch (error) {
        // The worker, where there is one, goes on with what it was given: it notices a fault by itself.
        this.say(`which version is served is not known: ${(error as Error).message}`);
      }
      await new Promise<void>((resolve) => {
        const cancel = clock.after(LOOK_MS, resolve);
        this.wake = () => {
          cancel();
          resolve();
        };
        if (this.stopping || this.refused) this.wake();
      });
    }
    await this.worker?.stop();
  }

  /** @throws ReadModelsUnavailable */
  private async versions(): Promise<Versions> {
    const { projection, readModels, logger } = this.options;
    for (;;) {
      const versions = await readModels.versions.read(projection.name);
      const next = this.begunAnew(versions);
      if (!next) return versions!;
      if ((await readModels.versions.replace(projection.name, next)) && this.version !== null) {
        const [lost, begun] = [this.version, next.serving.number].map((number) => versionName(projection.name, number));
        const why = this.worker?.state === 'outdated' ? 'outdated, since the log was restored from a backup' : LOST;
        logger.error(`${lost} is ${why}: ${begun} is folded from the beginning`);
      }
    }
  }

  /** What the registry has to be changed to, where there is nothing in it that could be folded; else null. */
  private begunAnew(versions: Versions | null): Versions | null {
    const { projection, readModels, clock = systemClock } = this.options;
    // What is in this process's memory has no earlier life: its number says nothing.
    const now = readModels.shared ? versionNumberAt(clock.date()) : 1;
    // The clock here may be behind that of whoever restored the log.
    const number = Math.max(now, (this.version ?? 0) + 1, this.worker?.restoredAt ?? 0);
    if (!versions) return firstVersion(projection.format, number);
    if (versions.serving.number !== this.version) return null;
    if (this.worker?.state === 'outdated') return withServingOutdated(versions, projection.format, number);
    return this.worker?.state === 'emptied' ? withServingLost(versions, projection.format, number) : null;
  }

  private async follow(versions: Versions): Promise<void> {
    const { projection } = this.options;
    const { serving } = versions;
    await this.endOverdueSwap(versions);
    const folds = serving.format === projection.format;
    if (!folds) {
      this.say(
        `${versionName(projection.name, serving.number)} has format ${serving.format}, and this release folds format ` +
          `${projection.format}: it is left to the other release, until \`chatctl rebuild ${projection.name}\` of this one`,
      );
    }
    const wanted = folds && versions.swap === null ? serving.number : null;
    if (this.worker && this.version !== wanted) await this.letGo(versions);
    if (this.worker || wanted === null || this.stopping) return;
    const worker = new Worker({ ...this.options, version: wanted, announcing: true });
    [this.worker, this.version] = [worker, wanted];
    void worker.start().then(() => {
      this.refused = worker.state === 'refused';
      this.wake();
    });
  }

  private async letGo({ serving, old, building }: Versions): Promise<void> {
    const { projection, readModels, logger } = this.options;
    await this.worker?.stop();
    this.worker = null;
    const { version } = this;
    if (version === null || [serving, ...old, building].some((kept) => kept?.number === version)) return;
    await readModels.remove(projection.name, version).catch((error: unknown) => {
      const left = versionName(projection.name, version);
      logger.warn(`what is left of ${left}, which is lost, could not be deleted: ${(error as Error).message}`);
    });
  }

  /** Otherwise nobody would ever fold again. */
  private async endOverdueSwap(versions: Versions): Promise<void> {
    const { projection, readModels, clock = systemClock, logger } = this.options;
    if (versions.swap === null) this.swap = null;
    else if (this.swap?.id !== versions.swap) this.swap = { id: versions.swap, since: clock.now() };
    else if (clock.now() > this.swap.since + SWAP_LIMIT_MS) {
      const ended = await readModels.versions.replace(projection.name, withSwap(versions, null));
      if (ended) logger.warn(`projection ${projection.name}: a swap that nobody finished was undone; rebuild again`);
    }
  }

  private say(what: string): void {
    if (what !== this.said) this.options.logger.warn(`projection ${this.options.projection.name}: ${what}`);
    this.said = what;
  }
}
