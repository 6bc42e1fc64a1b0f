import { setTimeout as sleep } from 'node:timers/promises';
import type { ProjectorProcess } from './projector-process.js';
import { oneOf } from '../../workbench/src/seeded-random.js';

const seconds = (random: () => number, from: number, to: number): number => 1_000 * (from + random() * (to - from));

/**
 * After so many kills all are left alone until folding goes on: where each dies sooner than it has started, as on a slow
 * machine, nobody would get on.
 */
const KILLED_TOGETHER = 5;
/** So long they are left alone at most, ms. */
const PATIENCE_MS = 15_000;

/** Kills projectors at random moments, in the middle of their start too, and starts each again shortly after. */
export class Killer {
  kills = 0;
  private readonly wanted = new Set<ProjectorProcess>();
  private stopping = false;
  private killing: Promise<void> = Promise.resolve();

  constructor(
    private readonly projectors: readonly ProjectorProcess[],
    private readonly random: () => number,
    /** Begins to look whether folding goes on; what it hands back says whether it did since. */
    private readonly watch: () => () => boolean,
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

  private async untilFoldingGoesOn(): Promise<void> {
    const giveUp = performance.now() + PATIENCE_MS;
    const goesOn = this.watch();
    while (!this.stopping && !goesOn() && performance.now() < giveUp) await sleep(20);
  }

  private async kill(): Promise<void> {
    const { random, wanted } = this;
    while (!this.stopping) {
      await sleep(seconds(random, 0.2, 0.9));
      if (this.kills % KILLED_TOGETHER === 0) await this.untilFoldingGoesOn();
      const victim = oneOf(random, [...wanted]);
      await victim.end('SIGKILL');
      this.kills++;
      await sleep(seconds(random, 0.05, 0.3));
      if (wanted.has(victim)) victim.start();
    }
  }
}
