import { StreamMismatch } from '#event-store';
import { ReadModelsUnavailable } from '#read-models';
import type { Clock } from './clock.js';
import type { Partition } from './partition.js';
import { LogMismatch, takeOver, type TakeOverParts, VersionGone } from './take-over.js';

export const backoff = (failures: number): number => Math.min(50 * 2 ** failures, 2_000);

/**
 * The take-overs under way, each by itself: one that is slow, or fails and is tried again, keeps only its own partition
 * waiting. What concerns the whole worker is its `fault`: that it must not go on, or that the read models are away.
 */
export class TakeOvers {
  /** Why the worker cannot go on as it is; null while it can. */
  fault: Error | null = null;
  private readonly running = new Map<number, Promise<void>>();
  private readonly cancels = new Set<() => void>();
  private taken: Partition[] = [];
  private over = false;

  /** @param onNews is called when a partition is taken, or at a fault */
  constructor(
    private readonly parts: TakeOverParts & { readonly logger: { warn(message: string): void }; readonly clock: Clock },
    private readonly isWanted: (partition: number) => boolean,
    private readonly onNews: () => void,
  ) {}

  /** Takes a partition over, unless that is under way. */
  begin(number: number): void {
    if (this.running.has(number) || this.over) return;
    const running = this.untilTaken(number).finally(() => this.running.delete(number));
    this.running.set(number, running);
  }

  /** Those that were taken since this was last asked. */
  collect(): Partition[] {
    const taken = this.taken;
    this.taken = [];
    return taken;
  }

  /** Nothing more is taken; resolves once nothing is under way. */
  async end(): Promise<void> {
    this.over = true;
    for (const cancel of this.cancels) cancel();
    await Promise.all(this.running.values());
    await Promise.all(this.collect().map((partition) => partition.close(false)));
  }

  private async untilTaken(number: number): Promise<void> {
    for (let failures = 1; !this.over && this.isWanted(number); failures++) {
      try {
        const partition = await takeOver(this.parts, number);
        this.taken.push(partition);
        this.onNews();
        return;
      } catch (error) {
        if (isOfAll(error)) {
          this.fault ??= error;
          this.onNews();
          return;
        }
        const { logger, projection } = this.parts;
        logger.warn(
          `projection ${projection.name}: partition ${number} is not taken over yet: ${(error as Error).message}`,
        );
      }
      await this.pause(backoff(failures));
    }
  }

  private pause(ms: number): Promise<void> {
    if (this.over) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.cancels.delete(done);
        resolve();
      };
      const cancel = this.parts.clock.after(ms, done);
      this.cancels.add(done);
    });
  }
}

const isOfAll = (error: unknown): error is Error =>
  error instanceof LogMismatch ||
  error instanceof VersionGone ||
  error instanceof StreamMismatch ||
  error instanceof ReadModelsUnavailable;
