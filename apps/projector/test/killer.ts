import { setTimeout as sleep } from 'node:timers/promises';
import type { ProjectorProcess } from './projector-process.js';
import { oneOf } from '../../workbench/src/seeded-random.js';

const seconds = (random: () => number, from: number, to: number): number => 1_000 * (from + random() * (to - from));

/** So long one is waited for that is to be killed in the middle of its work, ms. */
const PATIENCE_MS = 10_000;

/**
 * Kills projectors at random moments, in the middle of their start too, and starts each again shortly after; every third
 * once it has folded for a moment: where all were killed as they start, as on a slow machine, nobody would get on.
 */
export class Killer {
  kills = 0;
  private readonly wanted = new Set<ProjectorProcess>();
  private stopping = false;
  private killing: Promise<void> = Promise.resolve();

  constructor(
    private readonly projectors: readonly ProjectorProcess[],
    private readonly random: () => number,
  ) {}

  start(): void {
    this.killing = this.kill();
  }

  /** Afterwards all those that are wanted run. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.killing;
  }

  /** Starts one, which may be killed from now on. */
  add(which: number): void {
    const projector = this.projectors[which]!;
    this.wanted.add(projector);
    projector.start();
  }

  /** Ends one in the ordinary way. @returns its exit code; the signal where it was being killed just then */
  remove(which: number): Promise<number | NodeJS.Signals | null> {
    const projector = this.projectors[which]!;
    this.wanted.delete(projector);
    return projector.end('SIGTERM');
  }

  private async untilItHasTakenOver(projector: ProjectorProcess): Promise<void> {
    const giveUp = performance.now() + PATIENCE_MS;
    while (!this.stopping && !projector.hasTakenOver() && performance.now() < giveUp) await sleep(20);
  }

  private async kill(): Promise<void> {
    const { random, wanted } = this;
    while (!this.stopping) {
      await sleep(seconds(random, 0.2, 0.9));
      const victim = oneOf(random, [...wanted]);
      if (this.kills % 3 === 2) {
        await this.untilItHasTakenOver(victim);
        await sleep(seconds(random, 0.3, 1));
      }
      await victim.end('SIGKILL');
      this.kills++;
      await sleep(seconds(random, 0.05, 0.3));
      if (wanted.has(victim)) victim.start();
    }
  }
}
