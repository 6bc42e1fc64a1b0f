import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ConsoleLogger, LoggerService } from '@nestjs/common';
import { type Config, loadConfig, type Role } from '#settings';
import { startTracing } from '#tracing';
import { createLogger } from './logging.js';
import { type AtEnd, type Stop, stopAll, stopOnSignals } from './shutdown.js';
import { LineLimit } from './line-limit.js';

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

/** While the collector is away each attempt fails: a line within so many milliseconds. */
const INTERVAL = 60_000;

/** Traces what this process does where its configuration names an endpoint; else nothing of it is loaded. */
export async function startTraces({ role, traces }: Config, logger: LoggerService, atEnd: AtEnd): Promise<void> {
  const { endpoint, sampler, ratio } = traces;
  if (endpoint === undefined) return;
  const lines = new LineLimit(logger, { lines: 1, intervalMs: INTERVAL });
  const onLost = (spans: number, reason: string): void => {
    lines.say(`${spans} spans were not handed to ${new URL(endpoint).host} and are gone: ${reason}`);
  };
  atEnd('traces', await startTracing({ service: `parley-${role}`, sampler, ratio, onLost }));
}
