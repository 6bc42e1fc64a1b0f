/** What goes on beside a worker's rounds, a step at a time: none of them waits for it. */
export class Beside {
  private step: Promise<void> | null = null;
  private fault: { readonly error: unknown } | null = null;

  /** @param notice is called when a step has come to its end, by whatever end */
  constructor(private readonly notice: () => void) {}

  get isUnderWay(): boolean {
    return this.step !== null;
  }

  /** All is begun anew. Nothing may be under way. */
  startOver(): void {
    this.fault = null;
  }

  /** @throws what kept the last step from being done */
  check(): void {
    if (this.fault) throw this.fault.error;
  }

  /** Nothing may be under way. */
  begin(step: () => Promise<void>): void {
    this.step = step()
      .catch((error: unknown) => (this.fault = { error }))
      .then(() => {
        this.step = null;
        this.notice();
      });
  }

  /** Resolves once nothing is under way, by whatever end. */
  async ended(): Promise<void> {
    await this.step;
  }
}
