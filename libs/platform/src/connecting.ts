import { RetryableError } from '#domain';
import type { LoggerService } from '@nestjs/common';
import pRetry from 'p-retry';
import { EventLog } from '#event-store';
import { openMongodbReadModels, type ReadModels } from '#read-models';
import type { Config } from '#settings';
import type { Metrics } from './metrics/metrics.js';
import { LogFigures, ReadModelFigures } from './metrics/server-figures.js';
import type { AtEnd } from './shutdown.js';

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;

/**
 * Connects to a server that may not be up yet: roles are started in any order. What is not retryable is thrown.
 * @param what for the log: `NATS at nats://127.0.0.1:4222`
 */
export function connectPatiently<T>(what: string, connect: () => Promise<T>, logger: LoggerService): Promise<T> {
  return pRetry(connect, {
    retries: Infinity,
    minTimeout: FIRST_WAIT,
    maxTimeout: LONGEST_WAIT,
    shouldRetry: ({ error }) => error instanceof RetryableError,
    onFailedAttempt: ({ error }) => {
      if (error instanceof RetryableError) logger.warn(`waiting for ${what}: ${error.message}`);
    },
  });
}

/** Once each, not for each event. */
export function sayHindrances(log: Pick<EventLog, 'onHindrance'>, logger: LoggerService): void {
  log.onHindrance((hindrance) => {
    if (hindrance === null) logger.log('events are stored again');
    else logger.error(`no event is stored: ${hindrance}`);
  });
}

/** Connects a role to the servers that its configuration names, waiting for those that are not up yet. */
export async function connectServers(
  { role, nats, mongodb, operations, paceMs }: Config,
  logger: LoggerService,
  atEnd: AtEnd,
  metrics?: Metrics,
): Promise<{ readonly log: EventLog; readonly readModels: ReadModels }> {
  const observed = metrics && { log: new LogFigures(metrics), readModels: new ReadModelFigures(metrics) };
  // Many people append through a gateway side by side. What they save by going together is measured in docs/benchmarks.md.
  const pace = role === 'gateway' && { appendEveryMs: paceMs };
  const observer = observed && { observer: observed.log };
  // What operators do is done with the rights of chatctl, one of which is to hear answers under this name.
  const name = role === 'query' && operations ? 'parley-chatctl' : `parley-${role}`;
  const options = { ...nats, servers: nats.url, name, ...pace, ...observer };
  const log = await connectPatiently('NATS', () => EventLog.connect(options), logger);
  atEnd('the log', () => log.close());
  observed?.log.follow(log);
  sayHindrances(log, logger);
  const { url = '', database } = mongodb;
  const opening = { url, database, ...(observed && { observer: observed.readModels }) };
  const readModels = await connectPatiently('MongoDB', () => openMongodbReadModels(opening), logger);
  atEnd('the read models', () => readModels.close());
  return { log, readModels };
}
