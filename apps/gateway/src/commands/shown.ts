import { sleep } from '../sleep.js';
import type { Attempt } from './attempts.js';
import type { Caller } from './command.js';
import { readInTime } from './read-in-time.js';

/** How long the read model is waited for, and how often it is looked at. Milliseconds. */
const PATIENCE = 2_000;
const INTERVAL = 20;

/**
 * Waits until a look at the read model shows what a command has put into the log, so that the caller's next frame finds
 * it. The command is done either way: where the read model is late or away, or nobody waits any more, this
 * answers null.
 */
export async function untilShown<T>(
  caller: Caller,
  { deadline }: Pick<Attempt, 'deadline'>,
  look: () => Promise<T | null>,
): Promise<T | null> {
  const until = Math.min(performance.now() + PATIENCE, deadline);
  try {
    for (;;) {
      const shown = await readInTime(until, look());
      if (shown !== null || !caller.isOpen || performance.now() > until) return shown;
      await sleep(INTERVAL);
    }
  } catch {
    // The next query says so.
    return null;
  }
}
