import { type EventLog, LogUnavailable } from '#event-store';
import { type Health, NotReady, servedCheck } from '#platform';
import { ServedTimeline } from '#projections';
import { checkpointsOf, type ReadModels, versionName } from '#read-models';

// What the query side needs: the log, the read models, and read models that are not far behind.

/**
 * How many events the timeline has still to fold, or null where no projector has ever taken it on. By the consumers of
 * its partitions: the highest epoch of a partition is its owner's. Where there are none, since no projector has been at
 * work for minutes, nothing counts what waits: then it is none, or Infinity.
 */
export async function timelineLag(log: EventLog, { versions, checkpoints }: ReadModels): Promise<number | null> {
  const serving = (await versions.read('timeline'))?.serving.number;
  if (serving === undefined) return null;
  const consumer = new RegExp(`^${versionName('timeline', serving)}-(\\d+)-e(\\d+)$`);
  const owners = new Map<string, { readonly epoch: number; readonly pending: number }>();
  for (const { name, pending } of await log.consumers()) {
    const [, partition, epochText] = consumer.exec(name) ?? [];
    if (partition === undefined) continue;
    const epoch = Number(epochText);
    if (epoch > (owners.get(partition)?.epoch ?? -1)) owners.set(partition, { epoch, pending });
  }
  if (owners.size > 0) return [...owners.values()].reduce((sum, { pending }) => sum + pending, 0);
  const folded = await checkpointsOf(checkpoints, 'timeline', serving);
  if (folded.every((checkpoint) => checkpoint === null)) return null;
  const ends = await Promise.all(folded.map((_, partition) => log.lastSeq({ partition })));
  return ends.every((end, partition) => end <= (folded[partition]?.seq ?? 0)) ? 0 : Infinity;
}

/** Adds the checks that make this role ready. */
export function watch(health: Health, log: EventLog, readModels: ReadModels, maxLagEvents: number): void {
  health.add('log', async () => {
    await log.state().catch((cause: unknown) => {
      if (!(cause instanceof LogUnavailable)) throw cause;
      throw new NotReady(`${cause.message}; see that NATS is up, and NATS_URL and EVENT_STREAM`, { cause });
    });
    const hindrance = await log.hindrance();
    if (hindrance !== null) throw new NotReady(hindrance);
  });
  health.add('read models', () =>
    readModels.ping().catch((cause: unknown) => {
      throw new NotReady('MongoDB does not answer: see that it is up, and MONGODB_URL', { cause });
    }),
  );
  // What one process keeps in its memory it also folds: its own worker says how far it is.
  if (!readModels.shared) return;
  const isServed = servedCheck(new ServedTimeline(readModels));
  health.add('projection timeline', async () => {
    await isServed();
    const lag = await timelineLag(log, readModels).catch((cause: unknown) => {
      throw new NotReady('the log does not say how far the projector is: see the check "log"', { cause });
    });
    if (lag === null) throw new NotReady('no projector has run on this log: start one');
    if (lag === Infinity) throw new NotReady('events wait, and no projector is at work: start one');
    if (lag <= maxLagEvents) return;
    throw new NotReady(`${lag} events behind the log, ${maxLagEvents} at most (READY_MAX_LAG): see the projector`);
  });
}
