import type { Logger } from '@nestjs/common';

/** By the global timer, which a test can hold; that of `node:timers/promises` it cannot. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Patience {
  /** What is done, as the line for each failure begins. */
  readonly doing: string;
  readonly logger: Pick<Logger, 'warn'>;
  /** Until the next attempt. Milliseconds. */
  readonly pause: number;
  /** Asked before each attempt. */
  readonly isWanted: () => boolean;
}

/**
 * Does something again and again until it succeeds: a server that is away comes back.
 * @returns what came of it; null where it was not wanted any more before it did
 */
export async function patiently<T>(
  { doing, logger, pause, isWanted }: Patience,
  attempt: () => Promise<T>,
): Promise<T | null> {
  while (isWanted()) {
    try {
      return await attempt();
    } catch (error) {
      logger.warn(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
      await sleep(pause);
    }
  }
  return null;
}
