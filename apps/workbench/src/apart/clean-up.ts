const open = new Set<CleanUp>();

/**
 * What must not be left behind: run at the end, what was added last first, and also where the process is interrupted,
 * which then ends with status 130.
 */
export class CleanUp {
  private readonly steps: (() => unknown)[] = [];
  private running: Promise<void> | null = null;

  constructor() {
    if (open.size === 0) process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
    open.add(this);
  }

  add(step: () => unknown): void {
    this.steps.unshift(step);
  }

  /** Every step is taken, also after one that failed. @throws the first failure */
  run(): Promise<void> {
    this.running ??= this.takeSteps();
    return this.running;
  }

  private async takeSteps(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    open.delete(this);
    if (open.size === 0) process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    if (failures.length > 0) throw failures[0];
  }
}

function interrupted(): void {
  void (async () => {
    for (const cleanUp of [...open].reverse()) await cleanUp.run().catch(() => undefined);
    process.exit(130);
  })();
}
