import pTimeout from 'p-timeout';
import { ReadModelsUnavailable } from '#read-models';
import { sleep } from '../patiently.js';
import type { Attempt } from './attempts.js';
import type { Caller } from './command.js';

/** How long the read model is waited for, and how often it is looked at. Milliseconds. */
const PATIENCE = 2_000;
const INTERVAL = 20;

/**
 * What is read for a command, by the moment it is given up.
 * @param deadline on the monotonic clock
 * @throws ReadModelsUnavailable where it does not come in time
 */
export const readInTime = <T>(deadline: number, read: Promise<T>): Promise<T> =>
  pTimeout(read, {
    milliseconds: Math.max(1, deadline - performance.now()),
    fallback: () => {
      throw new ReadModelsUnavailable('the read model did not answer in time');
    },
  });

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
