import type { LoggerService } from '@nestjs/common';
import pTimeout from 'p-timeout';

/** A part of a process that is stopped, and what it is called in the log. */
export interface Stop {
  readonly name: string;
  readonly stop: () => Promise<unknown>;
}

/** Says how to stop something, as soon as it is started. What was started last is stopped first. */
export type AtEnd = (name: string, stop: () => Promise<unknown>) => void;

/** How long each part may take, in milliseconds. */
export const STOP_TIME = 5_000;

/**
 * Stops one part after the other, in the order given: first what takes work in, last what the others need to finish
 * it. A part that fails, or takes longer than `limit` milliseconds, is reported and does not keep the next from stopping;
 * all of them together have twice that time.
 * @returns whether all of them stopped
 */
export async function stopAll(stops: readonly Stop[], logger: LoggerService, limit = STOP_TIME): Promise<boolean> {
  let at = '';
  let clean = true;
  const late = (milliseconds: number) => (): void => {
    clean = false;
    logger.error(`stopping ${at} took too long; given up after ${milliseconds / 1_000} s`);
  };
  const all = async (): Promise<void> => {
    for (const { name, stop } of stops) {
      at = name;
      try {
        await pTimeout(stop(), { milliseconds: limit, fallback: late(limit) });
      } catch (error) {
        clean = false;
        logger.error(`stopping ${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await pTimeout(all(), { milliseconds: 2 * limit, fallback: late(2 * limit) });
  return clean;
}

/**
 * Stops the process on SIGTERM and SIGINT (what `stops` holds at that moment), with the exit code 0 where everything was drained in time and 1 where not.
 * A second signal ends it at once.
 * @returns whether a signal has come, so that what ends then is not taken for a failure
 */
export function stopOnSignals(stops: readonly Stop[], logger: LoggerService): () => boolean {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.log(`${signal}: stopping`);
    void stopAll([...stops], logger).then((clean) => process.exit(clean ? 0 : 1));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return () => stopping;
}
