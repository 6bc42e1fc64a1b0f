import { type EventLog, LogUnavailable } from '#event-store';
import { type Health, NotReady, servedCheck } from '#platform';
import { servedLag, ServedTimeline, timeline } from '#projections';
import type { ReadModels } from '#read-models';

// What the query side needs: the log, the read models, and read models that are not far behind.

/** Adds the checks that make this role ready. */
export function watch(health: Health, log: EventLog, readModels: ReadModels, maxLagEvents: number): void {
  watchServers(health, log, readModels, true);
  // What one process keeps in its memory it also folds: its own worker says how far it is.
  if (!readModels.shared) return;
  const isServed = servedCheck(new ServedTimeline(readModels));
  health.add('projection timeline', async () => {
    await isServed();
    const lag = await servedLag(log, timeline, readModels).catch((cause: unknown) => {
      throw new NotReady('the log does not say how far the projector is: see the check "log"', { cause });
    });
    if (lag === null) throw new NotReady('no projector has run on this log: start one');
    if (lag === Infinity) throw new NotReady('events wait, and no projector is at work: start one');
    if (lag <= maxLagEvents) return;
    throw new NotReady(`${lag} events behind the log, ${maxLagEvents} at most (READY_MAX_LAG): see the projector`);
  });
}

/**
 * Adds the checks of the servers alone: who serves operators shows how far behind the read models are.
 * @param stores whether it stores events
 */
export function watchServers(health: Health, log: EventLog, readModels: ReadModels, stores = false): void {
  health.add('log', async () => {
    await log.state().catch((cause: unknown) => {
      if (!(cause instanceof LogUnavailable)) throw cause;
      throw new NotReady(`${cause.message}; see that NATS is up, and NATS_URL and EVENT_STREAM`, { cause });
    });
    const hindrance = stores ? await log.hindrance() : null;
    if (hindrance !== null) throw new NotReady(hindrance);
  });
  health.add('revoked tokens', () => {
    const { hindrance } = log.revocations;
    if (hindrance !== null) throw new NotReady(hindrance);
    return Promise.resolve();
  });
  health.add('read models', () =>
    readModels.ping().catch((cause: unknown) => {
      throw new NotReady('MongoDB does not answer: see that it is up, and MONGODB_URL', { cause });
    }),
  );
}
