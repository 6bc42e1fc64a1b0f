import type { ConsoleLogger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Config, loadConfig, type Role } from '#settings';
import { createLogger } from './logging.js';
import { type AtEnd, type Stop, stopAll, stopOnSignals } from './shutdown.js';
import { startTraces } from './traces.js';

/**
 * The life of a process: its configuration, its start, and its end by a signal (exit code 0, in the middle of the start
 * too) or by itself (1). What keeps it from starting is said in plain words, without a stack.
 * @param start may answer with a promise that settles where the role ends by itself, which is a failure of it
 */
export async function runRole(
  role: Role,
  start: (config: Config, logger: ConsoleLogger, atEnd: AtEnd) => Promise<{ readonly ended?: Promise<void> }>,
): Promise<void> {
  const stops: Stop[] = [];
  let logger: ConsoleLogger | undefined;
  let isStopping = () => false;
  try {
    const config = loadConfig(process.env, role);
    logger = createLogger(config);
    isStopping = stopOnSignals(stops, logger);
    const atEnd: AtEnd = (name, stop) => stops.unshift({ name, stop });
    await startTraces(config, logger, atEnd);
    const { ended } = await start(config, logger, atEnd);
    if (!ended) return;
    await ended;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!logger) console.error(message);
    else if (!isStopping()) logger.error(`${role}: ${message}`);
  }
  if (isStopping()) return;
  if (logger) await stopAll(stops, logger);
  process.exit(1);
}

/**
 * What a worker is called in heartbeats and checkpoints: host, process, and a random number for each life. Containers
 * on the host's network have one host name and a process 1 each, and workers of one name would fence each other off.
 */
export const workerName = (): string =>
  `${hostname().replace(/\W/g, '-')}-${process.pid}-${randomBytes(3).toString('hex')}`;
