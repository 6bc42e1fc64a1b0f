import type { ConsoleLogger } from '@nestjs/common';
import { type Config, loadConfig } from './config.js';
import { createLogger } from './logging.js';
import type { Role } from './settings.js';
import { type Stop, stopAll, stopOnSignals } from './shutdown.js';

export interface Started {
  /** What is stopped at the end, in this order. */
  readonly stops: readonly Stop[];
  /** Settles where the role ends by itself, which is a failure of it. */
  readonly ended?: Promise<void>;
}

/**
 * The life of a process: its configuration, its start, and its end by a signal (exit code 0) or by itself (1). What
 * keeps it from starting is said in plain words, without a stack.
 */
export async function runRole(
  role: Role,
  start: (config: Config, logger: ConsoleLogger) => Promise<Started>,
): Promise<void> {
  let logger: ConsoleLogger | undefined;
  try {
    const config = loadConfig(process.env, role);
    logger = createLogger(config);
    const { stops, ended } = await start(config, logger);
    const isStopping = stopOnSignals(stops, logger);
    if (!ended) return;
    await ended;
    if (isStopping()) return;
    await stopAll(stops, logger);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (logger) logger.error(`${role}: ${message}`);
    else console.error(message);
  }
  process.exit(1);
}
