import type { Clock } from './clock.js';

/** The pauses of a loop: for a time, until there is news, or until the loop is to end. */
export class Pauses {
  private news = false;
  private ending = false;
  /** What ends the pauses under way: by the end of the loop, or by news where they wait for them. */
  private readonly wakes = new Set<{ readonly isForNews: boolean; readonly wake: () => void }>();

  constructor(private readonly clock: Clock) {}

  /** Something has happened that the loop is to look at. */
  notice(): void {
    this.news = true;
    for (const { isForNews, wake } of this.wakes) if (isForNews) wake();
  }

  /** The loop looks at everything: what has happened until now is no news any more. */
  look(): void {
    this.news = false;
  }

  /** From now on no pause takes any time. */
  end(): void {
    this.ending = true;
    for (const { wake } of this.wakes) wake();
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
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(Math.max(ms, 0), () => {
        end();
      });
      const pause = {
        isForNews,
        wake: () => {
          cancel();
          end();
        },
      };
      const end = () => {
        this.wakes.delete(pause);
        resolve();
      };
      this.wakes.add(pause);
    });
  }
}
