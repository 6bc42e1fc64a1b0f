import type { Clock } from './clock.js';

/** The pauses of a loop: for a time, until there is news, or until the loop is to end. */
export class Pauses {
  private news = false;
  private ending = false;
  /** Ends the pause under way: by the end of the loop, or by news where it waits for them. */
  private wake: (() => void) | null = null;
  private isForNews = false;

  constructor(private readonly clock: Clock) {}

  /** Something has happened that the loop is to look at. */
  notice(): void {
    this.news = true;
    if (this.isForNews) this.wake?.();
  }

  /** The loop looks at everything: what has happened until now is no news any more. */
  look(): void {
    this.news = false;
  }

  /** From now on no pause takes any time. */
  end(): void {
    this.ending = true;
    this.wake?.();
  }

  forMs(ms: number): Promise<void> {
    return this.pause(ms, false);
  }

  /** For so many ms at most. */
  untilNews(ms: number): Promise<void> {
    return this.pause(ms, true);
  }

  private async pause(ms: number, isForNews: boolean): Promise<void> {
    if (this.ending || (isForNews && this.news)) return;
    this.isForNews = isForNews;
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(Math.max(ms, 0), resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
    this.wake = null;
    this.isForNews = false;
  }
}
